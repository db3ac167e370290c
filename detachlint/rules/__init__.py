"""The rules, one file each; registration is one line here."""

from __future__ import annotations

from detachlint.rules import det001_unproved_read as det001
from detachlint.rules import det002_unfollowed_path as det002
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
from detachlint.rules import det203_unusable_loader_strategy as det203
from detachlint.rules import det204_silent_noload as det204
from detachlint.rules import det205_dataclass_relationship_default as det205
from detachlint.rules import det301_manual_query_has_helper as det301
from detachlint.rules import det302_joined_collection as det302
from detachlint.rules import det303_unused_eager_load as det303
from detachlint.rules import det304_selectin_to_one as det304
from detachlint.rules import det305_ignored_options_parameter as det305
from detachlint.rules import det306_contains_eager_without_join as det306
from detachlint.rules import det307_unknown_refresh_attribute as det307
from detachlint.rules import det308_option_without_effect as det308
from detachlint.rules import det309_conflicting_loader_options as det309
from detachlint.rules import det401_missing_detached_middleware as det401
from detachlint.rules import det402_session_escapes_scope as det402
from detachlint.rules import det403_expire_on_commit_async as det403
from detachlint.rules import det404_deep_response_schema as det404

RULES = (
    det001.RULE,
    det002.RULE,
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
    det203.RULE,
    det204.RULE,
    det205.RULE,
    det301.RULE,
    det302.RULE,
    det303.RULE,
    det304.RULE,
    det305.RULE,
    det306.RULE,
    det307.RULE,
    det308.RULE,
    det309.RULE,
    det401.RULE,
    det402.RULE,
    det403.RULE,
    det404.RULE,
)
