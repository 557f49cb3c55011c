// The table of keys: the names of each kind, in the order of the settings that they are for. A key
// is added by a name here, a case in the same place of `Key.swift`, and that case's line in
// `Settings+Set.swift`, `Settings+Text.swift` or `Settings+Words.swift`. One text of names is a
// tenth of what a row for each key would take.
extension BooleanSetting {
  static var names: StaticString {
    """
    allow_anonymous listener_allow_anonymous allow_zero_length_clientid check_retain_source \
    ignore_unknown_keys log_timestamp persistence retained_persistence retain_available sandbox \
    memory_lock connection_messages queue_qos0_messages require_certificate set_tcp_nodelay \
    upgrade_outgoing_qos use_identity_as_username per_listener_settings use_subject_as_username \
    use_username_as_clientid
    """
  }
}

extension NumberSetting {
  static var names: StaticString {
    """
    connect_timeout log_facility max_topic_alias_broker global_max_clients max_connections \
    max_inflight_messages max_keepalive max_packet_size message_size_limit max_qos maximum_qos \
    max_queued_bytes max_queued_messages max_topic_alias global_max_connections port \
    enable_proxy_protocol queue_full_wait retain_expiry_interval sys_interval \
    websockets_headers_size
    """
  }
}

extension TextSetting {
  static var names: StaticString {
    "clientid_prefixes log_timestamp_format bind_address pid_file user"
  }
}

extension ListenerTextSetting {
  static var names: StaticString {
    """
    cafile capath certfile ciphers bind_interface keyfile mount_point psk_hint \
    crlfile
    """
  }
}

extension SecurityTextSetting {
  static var names: StaticString { "acl_file auto_id_prefix password_file psk_file" }
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

extension Key {
  /// The key of that name.
  static func named(_ name: Span<UInt8>) -> Key? {
    if let place = name.place(in: BooleanSetting.names) {
      return BooleanSetting(rawValue: place).map { .boolean($0) }
    }
    if let place = name.place(in: NumberSetting.names) {
      return NumberSetting(rawValue: place).map { .number($0) }
    }
    if let place = name.place(in: WordsSetting.names) {
      return WordsSetting(rawValue: place).map { .words($0) }
    }
    return text(name) ?? foreign(name)
  }

  private static func text(_ name: Span<UInt8>) -> Key? {
    if let place = name.place(in: TextSetting.names) {
      return TextSetting(rawValue: place).map { .text($0) }
    }
    if let place = name.place(in: ListenerTextSetting.names) {
      return ListenerTextSetting(rawValue: place).map { .listenerText($0) }
    }
    if let place = name.place(in: SecurityTextSetting.names) {
      return SecurityTextSetting(rawValue: place).map { .securityText($0) }
    }
    return nil
  }

  /// The key of Mosquitto of that name that is not here.
  private static func foreign(_ name: Span<UInt8>) -> Key? {
    if let place = name.place(in: IgnoredKey.names) {
      return IgnoredKey(rawValue: place).map { .ignored($0) }
    }
    if let place = name.place(in: RefusedKey.names) {
      return RefusedKey(rawValue: place).map { .refused($0) }
    }
    if name.begins(with: "plugin_opt_") || name.begins(with: "auth_opt_") {
      return .refused(.plugin)
    }
    let isOfBridge = name.begins(with: "bridge_") || name.place(in: RefusedKey.bridgeNames) != nil
    return isOfBridge ? .refused(.connection) : nil
  }
}
