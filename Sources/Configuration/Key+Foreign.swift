// The keys of Mosquitto that are not here: each says why, or what to write instead.
extension Key {
  /// Keys that have no effect here and do no harm.
  static var ignoredKeys: InlineArray<12, Key> {
    [
      Key(
        "allow_duplicate_messages", .ignored("a message that two subscriptions match comes once")),
      Key("autosave_interval", .ignored("nothing is kept over a restart")),
      Key("autosave_on_changes", .ignored("nothing is kept over a restart")),
      Key("persistence_file", .ignored("nothing is kept over a restart")),
      Key("persistence_location", .ignored("nothing is kept over a restart")),
      Key("dhparamfile", .ignored("keys are agreed on elliptic curves")),
      Key("enable_control_api", .ignored("$CONTROL is answered by nobody")),
      Key("memory_limit", .ignored("memory is fixed at start: see --plan")),
      Key("retry_interval", .ignored("messages are sent again at reconnection alone")),
      Key("store_clean_interval", .ignored("messages are released at once")),
      Key("websockets_log_level", .ignored("write \"log_type websockets\" instead")),
      Key("tls_keyform", .ignored("keys are PEM files")),
    ]
  }

  /// Keys whose absence somebody would miss.
  static var refusedKeys: InlineArray<20, Key> {
    let plugins: StaticString = "there are no plugins; use password_file and acl_file"
    let packets: StaticString = "write max_packet_size, which is for packets of all types"
    let engines: StaticString = "keys are read from files alone"
    return [
      Key("auth_plugin", .refused(plugins)),
      Key("auth_plugin_deny_special_chars", .refused(plugins)),
      Key("global_plugin", .refused(plugins)),
      Key("plugin", .refused(plugins)),
      Key("plugin_load", .refused(plugins)),
      Key("plugin_use", .refused(plugins)),
      Key("packet_buffer_size", .refused("buffers are limits of the board")),
      Key("packet_max_auth", .refused(packets)),
      Key("packet_max_connect", .refused(packets)),
      Key("packet_max_simple", .refused(packets)),
      Key("packet_max_sub", .refused(packets)),
      Key("packet_max_un_sub", .refused(packets)),
      Key("packet_max_will", .refused(packets)),
      Key("max_inflight_bytes", .refused("write max_inflight_messages or max_queued_bytes")),
      Key("http_dir", .refused("this is no web server: let one serve the page")),
      Key("tls_engine", .refused(engines)),
      Key("tls_engine_kpass_sha1", .refused(engines)),
      Key("tls_keylog", .refused("whoever has those keys reads everything")),
      Key("disable_client_cert_date_checks", .refused("an expired certificate is no certificate")),
      Key("proxy_protocol_v2_require_tls", .refused("let the proxy refuse plain connections")),
    ]
  }

  /// Keys of bridges that do not begin with `bridge_`.
  static var bridgeKeys: InlineArray<26, StaticString> {
    [
      "connection", "address", "addresses", "topic", "cleansession", "clientid", "idle_timeout",
      "keepalive_interval", "local_cleansession", "local_clientid", "local_password",
      "local_username", "notification_topic", "notifications", "notifications_local_only",
      "password", "remote_clientid", "remote_password", "remote_username", "restart_timeout",
      "round_robin", "start_type", "threshold", "try_private", "username",
      "session_expiry_interval",
    ]
  }

  /// The key of Mosquitto of that name that is not here.
  static func foreign(_ name: Span<UInt8>) -> Key? {
    ignoredKey(name) ?? refusedKey(name) ?? bridgeKey(name) ?? optionOfPlugin(name)
  }

  @inline(never) private static func ignoredKey(_ name: Span<UInt8>) -> Key? {
    find(name, in: ignoredKeys.span)
  }

  @inline(never) private static func refusedKey(_ name: Span<UInt8>) -> Key? {
    find(name, in: refusedKeys.span)
  }

  @inline(never) private static func bridgeKey(_ name: Span<UInt8>) -> Key? {
    let bridge = Key("bridge", .refused("bridges are not here yet"))
    if name.begins(with: "bridge_") { return bridge }
    let names = bridgeKeys
    for index in names.indices where name.equals(names[index]) { return bridge }
    return nil
  }

  private static func optionOfPlugin(_ name: Span<UInt8>) -> Key? {
    guard name.begins(with: "plugin_opt_") || name.begins(with: "auth_opt_") else { return nil }
    return Key("plugin_opt_", .refused("there are no plugins"))
  }
}
