// Made of the keys' declarations by `make documents`. The names of each kind stand in the order of its cases;
// one text of names is a tenth of what a row for each key would take.

extension BooleanSetting {
  static var names: StaticString {
    """
    allow_anonymous listener_allow_anonymous allow_duplicate_messages \
    allow_zero_length_clientid check_retain_source check_subscriptions \
    disable_client_cert_date_checks ignore_unknown_keys log_timestamp persistence \
    retained_persistence retain_available sandbox memory_lock connection_messages \
    queue_qos0_messages require_certificate set_tcp_nodelay upgrade_outgoing_qos \
    use_identity_as_username per_listener_settings use_subject_as_username \
    use_username_as_clientid
    """
  }
}

extension NumberSetting {
  static var names: StaticString {
    """
    connect_timeout log_facility max_topic_alias_broker global_max_clients max_connections \
    max_inflight_bytes max_inflight_messages max_keepalive max_packet_size message_size_limit \
    max_qos maximum_qos max_queued_bytes max_queued_messages max_topic_alias \
    global_max_connections port enable_proxy_protocol queue_full_wait retain_expiry_interval \
    sys_interval websockets_headers_size write_timeout
    """
  }
}

extension TextSetting {
  static var names: StaticString {
    """
    clientid_prefixes log_timestamp_format bind_address pid_file user
    """
  }
}

extension ListenerTextSetting {
  static var names: StaticString {
    """
    cafile capath certfile ciphers bind_interface keyfile mount_point psk_hint crlfile
    """
  }
}

extension SecurityTextSetting {
  static var names: StaticString {
    """
    acl_file auto_id_prefix password_file psk_file
    """
  }
}

extension WordsSetting {
  static var names: StaticString {
    """
    accept_protocol_versions listener_auto_id_prefix include_dir listener log_dest log_type \
    websockets_origin queue_full persistent_client_expiration socket_domain socket_mode \
    tls_version protocol
    """
  }
}

extension IgnoredKey {
  static var names: StaticString {
    """
    autosave_interval autosave_on_changes ciphers_tls1.3 enable_control_api dhparamfile \
    tls_keyform memory_limit persistence_file persistence_location retry_interval \
    store_clean_interval websockets_log_level
    """
  }
}

extension RefusedKey {
  static var names: StaticString {
    """
    auth_plugin auth_plugin_deny_special_chars global_plugin plugin plugin_load plugin_use \
    packet_buffer_size packet_max_auth packet_max_connect packet_max_simple packet_max_sub \
    packet_max_un_sub packet_max_will http_dir tls_engine tls_engine_kpass_sha1 tls_keylog \
    proxy_protocol_v2_require_tls connection
    """
  }
}
