import Board

// The table of keys. A key is added by a row here, a case of the setting it is for in `Key.swift`
// and that case's line in `Settings+Set.swift` or `Settings+Words.swift`.
extension Key {
  /// Keys about a listener: the last one, or all while there is none.
  static var listenerKeys: InlineArray<10, Key> {
    let limits = Limits()
    let aliases = Bounds(from: 0, to: limits.topicAliases, limit: "topicAliases")
    return [
      Key("listener", .words(.listener)),
      Key("socket_domain", .words(.socketFamily)),
      Key("protocol", .words(.transport)),
      Key(
        "max_connections",
        .number(
          .maximumConnections, Bounds(from: -1, to: limits.connections, limit: "connections"))),
      Key("max_qos", .number(.maximumQoS, Bounds(0...2))),
      Key("maximum_qos", .number(.maximumQoS, Bounds(0...2))),
      Key("max_topic_alias", .number(.maximumTopicAlias, aliases)),
      Key("max_topic_alias_broker", .number(.maximumBrokerTopicAlias, aliases)),
      Key("port", .retired("write \"listener PORT\" instead")),
      Key("bind_address", .retired("write \"listener PORT ADDRESS\" instead")),
    ]
  }

  /// Keys about Clients and their messages.
  static var clientKeys: InlineArray<18, Key> {
    let count = Bounds(-1...Int64(Int32.max))
    let packet = Bounds(from: 20, to: Limits().packetBytes, limit: "packetBytes")
    return [
      Key("allow_anonymous", .boolean(.allowsAnonymous)),
      Key("allow_zero_length_clientid", .boolean(.allowsEmptyClientIdentifier)),
      Key("auto_id_prefix", .text(.assignedIdentifierPrefix, most: 50)),
      Key("per_listener_settings", .boolean(.usesListenerSettings)),
      Key("connect_timeout", .number(.connectTimeout, Bounds(1...3600))),
      Key("max_keepalive", .number(.maximumKeepAlive, Bounds(0...65_535))),
      Key("max_inflight_messages", .number(.maximumInflightMessages, Bounds(-1...65_535))),
      Key("max_queued_messages", .number(.maximumQueuedMessages, count)),
      Key("max_queued_bytes", .number(.maximumQueuedBytes, count)),
      Key("queue_qos0_messages", .boolean(.queuesQoS0Messages)),
      Key("upgrade_outgoing_qos", .boolean(.upgradesOutgoingQoS)),
      Key("queue_full", .words(.queueFull)),
      Key("queue_full_wait", .number(.queueFullWait, Bounds(0...3600))),
      Key("max_packet_size", .number(.maximumPacketBytes, packet)),
      Key("message_size_limit", .number(.maximumPayloadBytes, Bounds(0...268_435_455))),
      Key("retain_available", .boolean(.isRetainAvailable)),
      Key("retain_expiry_interval", .number(.retainExpiryMinutes, Bounds(1...10_000_000))),
      Key("persistent_client_expiration", .duration),
    ]
  }

  /// Keys about the program: its logs, its reports, its files.
  static var programKeys: InlineArray<8, Key> {
    [
      Key("sys_interval", .number(.sysInterval, Bounds(0...65_535))),
      Key("set_tcp_nodelay", .boolean(.setsTCPNoDelay)),
      Key("pid_file", .text(.pidFile, most: 255)),
      Key("connection_messages", .boolean(.logsConnections)),
      Key("log_dest", .words(.logDestination)),
      Key("log_type", .words(.logType)),
      Key("log_timestamp", .boolean(.isLogTimestamped)),
      Key("log_timestamp_format", .text(.logTimestampFormat, most: 100)),
    ]
  }

  /// The key of that name.
  static func named(_ name: Span<UInt8>) -> Key? {
    find(name, in: listenerKeys.span) ?? find(name, in: clientKeys.span)
      ?? find(name, in: programKeys.span)
  }

  private static func find(_ name: Span<UInt8>, in keys: Span<Key>) -> Key? {
    for index in keys.indices where name.equals(keys[index].name) { return keys[index] }
    return nil
  }
}
