"""Which tests stand for what has brought other brokers down: for each cause the cases, and the tests.

`test_vulnerabilities.py` sees to it that each test named here exists. A test without a file is in that file;
`access` and `transports` are test_vulnerabilities_access.py and test_vulnerabilities_transports.py.
"""

CAUSES = {
    "allocation from a length that a stranger names": (
        "CVE-2017-7651, CVE-2023-0809, nanomq#1926, FlashMQ#175", [
            "test_no_memory_for_the_length_a_stranger_names", "test_remaining_length_of_five_bytes",
            "test_trickle_before_connect_is_cut_off", "test_limits::test_header_of_a_too_large_packet",
            "test_tiny::test_the_17th_retained_message_is_refused"]),
    "leak when a packet is found wrong": (
        "CVE-2017-7654, CVE-2021-34431, CVE-2023-3592, Mosquitto 2.0.21, mosquitto#1773", [
            "test_connect_cut_anywhere_leaks_nothing", "test_connect_reset_anywhere_leaks_nothing",
            "test_packet_cut_anywhere_leaks_nothing", "test_second_connect_leaks_nothing",
            "test_will_property_of_the_wrong_type_leaks_nothing",
            "test_subscribe_with_bad_options_leaks_nothing"]),
    "null pointers and empty strings": (
        "CVE-2021-34432, CVE-2021-28166, Debian#575314, FlashMQ#157", [
            "test_topic_name_of_no_length", "test_packet_that_only_a_server_sends", "test_message_of_no_bytes",
            "test_topics::test_empty_topic_filter", "test_connect::test_will_topic_is_not_a_topic_name"]),
    "depth and recursion": (
        "CVE-2019-11779, FlashMQ#174 (in a Will)", [
            "test_recursion_as_deep_as_a_filter_has_levels", "test_name_as_deep_as_it_is_long",
            "test_topics::test_deep_topics"]),
    "topics that begin with $": (
        "CVE-2018-12543, $CONTROL by a Will (Mosquitto 2.0.16), vernemq#756", [
            "test_assertion_on_topics_that_begin_with_dollar", "test_share_that_is_none",
            "access::test_ways_around_the_rules_of_subscriptions"]),
    "use after free by order of events": (
        "CVE-2019-11778, CVE-2024-8376, Will properties of Mosquitto 1.6.2, mosquitto#3702", [
            "test_will_delay_beyond_the_session_it_belongs_to",
            "test_shared_and_ordinary_subscriptions_taken_back_crosswise",
            "test_will_properties_after_the_packet_that_held_them",
            "test_message_of_a_session_that_ends_while_it_is_sent"]),
    "state of QoS 2": (
        "CVE-2023-28366, mosquitto#1793, rights of an exchange that goes on (Mosquitto 2.0.12)", [
            "test_one_packet_identifier_of_qos_2_again_and_again",
            "test_exchanges_of_qos_2_begun_and_never_ended", "test_pubrel_of_what_nobody_sent",
            "test_pubrec_with_an_error_ends_the_exchange",
            "access::test_qos_2_begun_before_the_right_was_lost",
            "access::test_message_under_way_to_one_who_lost_the_right"]),
    "time of the processor": (
        "CVE-2021-41039, CVE-2023-5632, CVE-2020-13849, mosquitto#2095, thin-edge#2692", [
            "test_time_grows_with_the_square_of_user_properties", "test_spin_on_connections_that_say_nothing",
            "test_connections_kept_for_ever_without_keep_alive", "test_flood_without_keep_alive",
            "transports::test_end_within_a_handshake_takes_no_time",
            "access::test_logins_that_are_gone_before_they_are_judged",
            "test_access::test_a_storm_of_logins_leaves_the_others_their_turn",
            "test_access::test_wrong_passwords_delay_their_address"]),
    "rules that are passed by": (
        "CVE-2017-7650, CVE-2018-12550, CVE-2018-12551, CVE-2018-12546, CVE-2018-20145, CVE-2021-34434, "
        "CVE-2017-7652", [
            "test_identifiers_and_names_with_wildcards_are_only_bytes",
            "test_access::test_cve_2017_7650_names_that_are_wildcards",
            "test_access::test_cve_2018_12550_an_empty_acl_file_denies_all",
            "access::test_rules_that_became_none_deny_all",
            "test_access::test_cve_2018_12551_a_malformed_line_is_no_user", "access::test_line_that_is_no_user",
            "test_access::test_cve_2018_12546_retained_after_the_right_is_lost",
            "access::test_will_whose_right_was_lost",
            "test_access::test_cve_2018_20145_rules_of_one_listener",
            "test_access::test_cve_2021_34434_a_right_that_is_lost_ends_what_it_gave",
            "test_access::test_cve_2017_7652_a_reload_without_descriptors_keeps_the_rules",
            "access::test_reload_that_fails_keeps_door_and_rules", "test_reload_that_fails_leaves_the_door_shut",
            "access::test_topic_alias_is_no_way_around_the_rules"]),
    "ill-formed UTF-8": (
        "CVE-2017-7653", [
            "test_ill_formed_text_is_sent_to_nobody", "test_limits::test_topic_name_is_not_utf8"]),
    "rights of files": (
        "CVE-2017-9868; we write password files alone, and warn of keys that others may read", [
            "test_passwd::test_rights_of_the_file", "test_passwd::test_create_add_change_delete",
            "test_device::test_a_key_that_everybody_may_read", "test_device::test_a_key_of_somebody_else"]),
    "TLS": (
        "require_certificate not enforced for WebSocket (Mosquitto 1.5.4), a CA that cannot be read (2.0.9)", [
            "transports::test_certificates_are_demanded_of_websocket_too",
            "transports::test_stampede_of_half_handshakes",
            "test_tls::test_half_a_handshake_is_closed_in_time",
            "test_tls_limits::test_those_who_stall_do_not_lock_others_out",
            "test_tls_limits::test_more_handshakes_than_may_be_wait_and_succeed",
            "test_tls_limits::test_a_thousand_handshakes_leave_nothing",
            "test_tls_certificates::test_a_reload_that_fails_keeps_the_old"]),
    "parsers": (
        "nanomq#1153 to #1155, #1169, #1181, #2110, #2270, mochi#501, CVE-2026-25627 (WebSocket)", [
            "test_packet_cut_anywhere_leaks_nothing", "test_publish_that_ends_before_its_packet_identifier",
            "test_fan_out_is_off_by_none", "test_connect::test_every_truncation",
            "transports::test_frames_that_cut_packets_anywhere",
            "transports::test_lengths_of_frame_and_packet_that_differ",
            "test_websocket::test_a_remaining_length_beyond_its_frame",
            "test_websocket::test_a_frame_beyond_its_packet", "test_websocket::test_many_packets_in_one_frame",
            "test_websocket::test_half_a_handshake_ends_with_its_time"]),
    "threads, take-over": (
        "CVE-2025-59946, CVE-2026-22040, nanomq#2114 to #2119, CVE-2024-48077, codepr/sol#17", [
            "test_take_over_of_one_identifier_with_subscriptions_in_between",
            "test_take_over_ends_the_other_connection",
            "test_stress::test_one_identifier_fought_for_while_subscriptions_come_and_go",
            "test_deadlock_with_a_peer_that_never_reads_its_answers"]),
    "division by nought": (
        "FlashMQ#167, CVE-2026-42209", ["test_division_by_a_setting_of_nought"]),
    # Nobody has told what the crafted bytes were: mutations, and the fuzzer `packets`.
    "causes that are not public": (
        "CVE-2024-50948 (mochi), CVE-2024-42645 (FlashMQ)", [
            "test_hostile::test_mutations", "test_hostile::test_random_bytes"]),
}

# Swiftlet is a Client of no other broker, so these have nothing here to happen to.
NOT_OURS = {
    "CVE-2024-3935": "topics of a bridge, mapped anew",
    "CVE-2024-10525": "a SUBACK without codes, sent by a malicious broker to its bridge",
    "Mosquitto 2.0.9": "a bridge whose CA could not be read went on unverified; for listeners see TLS",
}
