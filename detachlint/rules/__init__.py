"""The rules, one file each; registration is one line here."""

from __future__ import annotations

from detachlint.rules import det101_async_lazy_load as det101
from detachlint.rules import det102_detached_lazy_load as det102
from detachlint.rules import det103_incomplete_load_chain as det103
from detachlint.rules import det104_raise_loaded_access as det104
from detachlint.rules import det105_expired_attribute_access as det105
from detachlint.rules import det106_deferred_column_access as det106
from detachlint.rules import det107_lazy_load_in_loop as det107
from detachlint.rules import det108_schema_needs_unloaded as det108
from detachlint.rules import det109_template_needs_unloaded as det109
from detachlint.rules import det110_entity_outlives_session as det110
from detachlint.rules import det111_collection_write_needs_load as det111
from detachlint.rules import det112_server_value_after_flush as det112
from detachlint.rules import det113_identity_map_dependent_read as det113
from detachlint.rules import det201_unsafe_repr as det201
from detachlint.rules import det202_unsafe_model_property as det202

RULES = (
    det101.RULE,
    det102.RULE,
    det103.RULE,
    det104.RULE,
    det105.RULE,
    det106.RULE,
    det107.RULE,
    det108.RULE,
    det109.RULE,
    det110.RULE,
    det111.RULE,
    det112.RULE,
    det113.RULE,
    det201.RULE,
    det202.RULE,
)
