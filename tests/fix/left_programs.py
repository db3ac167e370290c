"""The faulty programs of tests/programs that are left for a person, by what stands in the way."""

_REASONS: dict[str, tuple[str, ...]] = {
    "the object is handed on, or outlives its session: where it should be loaded is not known": (
        "background/cache_filled_before_rollback",
        "background/cache_filled_on_one_way_of_many",
        "background/dict_cache_cached_entity",
        "background/weak_cache_filled_before_commit",
        "commit_state/merge_detached_merge_plain",
        "identity_map/merge_lazy_load_without_options",
        "identity_map/merged_self_reference_refreshed_without_option",
        "identity_map/merge_keeps_raiseload",
        "identity_map/merge_leaves_way_back_detached",
        "identity_map/merged_collection_follows_the_given_way",
        "legacy_query/dynamic_detached_after_session",
        "sessions/merge_takes_raiseload_of_everything_along",
        "serialisers/wtforms_data_lacks_a_column",
        "serialisers/wtforms_data_of_form_without_key",
        "sessions/refresh_in_another_session",
        "sessions/thread_local_own_scope",
    ),
    "it is expired where a statement ends that it can't be refreshed behind": (
        "commit_state/refused_at_exit_handler_reads",
        "commit_state/rollback_raised_again_to_a_handler",
        "commit_state/savepoint_rolled_back",
        "commit_state/savepoint_touches_changed_object",
        "commit_state/savepoint_touches_reverse_side",
        "sessions/lazy_load_begins_read_after_commit",
    ),
    "no variable holds the object where it could be refreshed": (
        "commit_state/delete_does_not_cascade",
        "writes/added_in_place",
    ),
    "a refresh brings the objects along, and only their mapping says what that loads": (
        "sessions/collection_of_a_new_row_is_filled_by_key",
        "commit_state/refresh_of_new_finds_rows_of_its_key",
    ),
    "several queries may have loaded it, and one edit does not reach it": (
        "commit_state/round_deletes_what_it_has_read",
        "graph_shapes/join_depth_none_given",
        "graph_shapes/recursive_function_walk_up",
        "graph_shapes/subquery_below_selectin_hands_nothing_on",
        "identity_map/immediate_collection_leaves_never_loaded_way_back",
        "identity_map/lazy_collection_leaves_way_back_detached",
        "identity_map/populate_existing_unloads_unloaded_again",
        "inheritance/row_of_a_base_asked_for_as_subclass",
        "repositories/get_with_relations_flag_flag_off",
        "wiring/closure_closure",
        "wiring/loop_reassign_and_try_retry_loses_options",
    ),
    "an option stands there already, and is applied on another way": (
        "dispatch/flag_of_joined_paths_and_others_read",
        "dispatch/member_of_enum_selects_options_and_others_read",
        "dispatch/negated_flag_in_a_variable_reads_the_other_way",
        "statements/flag_of_each_element",
        "statements/flag_selects_options_and_others_read",
        "statements/level_is_low_on_the_other_side",
    ),
    "each round of a loop commits, which expires what the next one reads": (
        "commit_state/deleted_behind_inner_loop",
        "commit_state/deleted_behind_inner_loop_stays",
        "commit_state/round_deletes_its_element",
        "flask_apps/session_options_without_expiry",
        "guards/handler_reads_what_commit_expired",
    ),
    "the query is made where a dynamic relationship is read": ("legacy_query/dynamic_leads_on_to_others",),
    "it has no name where it is flushed": ("writes/new_member_of_loaded_collection",),
    "which of two options is meant is for their author to say": (
        "statements/conflicting_options_of_get",
        "statements/conflicting_options_on_the_way",
    ),
    "the options, or the arguments of the call, are made in a way that no edit can follow": (
        "model_behaviour/validates_reads_relation",
        "repositories/get_by_filters_kwargs",
        "flask_apps/query_of_polymorphic_alias",
        "inheritance/load_only_of_polymorphic_in_one_select",
        "statements/options_by_reduce",
        "wiring/partial_loader_partial_bound",
    ),
    "one query is for several classes, and the option belongs to one of them": (
        "fastapi_routes/router_factory",
    ),
    "the query is made by a property of a metaclass, which options would be read behind": (
        "model_behaviour/metaclass_property_annotated",
        "model_behaviour/metaclass_property_before_own",
        "model_behaviour/metaclass_property_queries",
    ),
}

LEFT = {name: reason for reason, names in _REASONS.items() for name in names}
"""The list may only become shorter: a program that is mended has to go from it."""
