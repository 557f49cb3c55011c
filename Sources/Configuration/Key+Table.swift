import Board

// The table of keys. A key is added by a row here, a case of the setting it is for in `Key.swift`
// and that case's line in `Settings+Set.swift`, `Settings+Text.swift` or `Settings+Words.swift`.
extension Key {
  /// Keys about a listener: the last one, or all while there is none.
  static var listenerKeys: InlineArray<19, Key> {
    let limits = Limits()
    let aliases = Bounds(from: 0, to: limits.topicAliases, limit: "topicAliases")
    let connections = Bounds(from: -1, to: limits.connections, limit: "connections")
    return [
      Key("listener", .words(.listener)),
      Key("port", .number(.oldPort, Bounds(1...65_535))),
      Key("bind_address", .text(.oldAddress, most: 255)),
      Key("bind_interface", .listenerText(.interface, most: 15)),
      Key("socket_domain", .words(.socketFamily)),
      Key("socket_mode", .words(.socketMode)),
      Key("protocol", .words(.transport)),
      Key("accept_protocol_versions", .words(.acceptedVersions)),
      Key("enable_proxy_protocol", .number(.proxyVersion, Bounds(1...2))),
      Key("mount_point", .listenerText(.mountPoint, most: 255)),
      Key("max_connections", .number(.maximumConnections, connections)),
      Key("max_qos", .number(.maximumQoS, Bounds(0...2))),
      Key("maximum_qos", .number(.maximumQoS, Bounds(0...2))),
      Key("max_topic_alias", .number(.maximumTopicAlias, aliases)),
      Key("max_topic_alias_broker", .number(.maximumBrokerTopicAlias, aliases)),
      Key("use_username_as_clientid", .boolean(.usesUserNameAsClientIdentifier)),
      Key("listener_allow_anonymous", .boolean(.allowsAnonymousHere)),
      Key("listener_auto_id_prefix", .words(.assignedIdentifierPrefixHere)),
      Key("websockets_origin", .words(.origin)),
    ]
  }

  /// Keys about the encryption of a listener.
  static var encryptionKeys: InlineArray<12, Key> {
    [
      Key("cafile", .listenerText(.authorityFile, most: 255)),
      Key("capath", .listenerText(.authorityPath, most: 255)),
      Key("certfile", .listenerText(.certificateFile, most: 255)),
      Key("keyfile", .listenerText(.keyFile, most: 255)),
      Key("crlfile", .listenerText(.revocationFile, most: 255)),
      Key("ciphers", .listenerText(.ciphers, most: 255)),
      Key("ciphers_tls1.3", .listenerText(.ciphersVersion13, most: 255)),
      Key("psk_hint", .listenerText(.pskHint, most: 127)),
      Key("tls_version", .words(.tlsVersion)),
      Key("require_certificate", .boolean(.requiresCertificate)),
      Key("use_identity_as_username", .boolean(.usesIdentityAsUserName)),
      Key("use_subject_as_username", .boolean(.usesSubjectAsUserName)),
    ]
  }

  /// Keys about who may come in.
  static var securityKeys: InlineArray<9, Key> {
    [
      Key("per_listener_settings", .boolean(.usesListenerSettings)),
      Key("allow_anonymous", .boolean(.allowsAnonymous)),
      Key("allow_zero_length_clientid", .boolean(.allowsEmptyClientIdentifier)),
      Key("auto_id_prefix", .securityText(.assignedIdentifierPrefix, most: 50)),
      Key("password_file", .securityText(.passwordFile, most: 255)),
      Key("acl_file", .securityText(.aclFile, most: 255)),
      Key("psk_file", .securityText(.pskFile, most: 255)),
      Key("clientid_prefixes", .text(.clientIdentifierPrefix, most: 255)),
      Key("check_retain_source", .boolean(.checksRetainSource)),
    ]
  }

  /// Keys about Clients and their messages.
  static var clientKeys: InlineArray<16, Key> {
    let limits = Limits()
    let count = Bounds(-1...Int32.max)
    let packet = Bounds(from: 20, to: limits.packetBytes, limit: "packetBytes")
    let clients = Bounds(from: -1, to: limits.sessions, limit: "sessions")
    let connections = Bounds(from: -1, to: limits.connections, limit: "connections")
    return [
      Key("connect_timeout", .number(.connectTimeout, Bounds(1...3600))),
      Key("global_max_clients", .number(.maximumClients, clients)),
      Key("global_max_connections", .number(.maximumTotalConnections, connections)),
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
  static var programKeys: InlineArray<17, Key> {
    [
      Key("include_dir", .words(.includedDirectory)),
      Key("ignore_unknown_keys", .boolean(.ignoresUnknownKeys)),
      Key("user", .text(.user, most: 64)),
      Key("sandbox", .boolean(.isSandboxed)),
      Key("memory_lock", .boolean(.locksMemory)),
      Key("pid_file", .text(.pidFile, most: 255)),
      Key("persistence", .boolean(.isPersistent)),
      Key("retained_persistence", .boolean(.isPersistent)),
      Key("sys_interval", .number(.sysInterval, Bounds(0...65_535))),
      Key("set_tcp_nodelay", .boolean(.setsTCPNoDelay)),
      Key("websockets_headers_size", .number(.webSocketHeaderBytes, Bounds(0...65_535))),
      Key("connection_messages", .boolean(.logsConnections)),
      Key("log_dest", .words(.logDestination)),
      Key("log_facility", .number(.logFacility, Bounds(0...7))),
      Key("log_type", .words(.logType)),
      Key("log_timestamp", .boolean(.isLogTimestamped)),
      Key("log_timestamp_format", .text(.logTimestampFormat, most: 100)),
    ]
  }

  /// The key of that name.
  static func named(_ name: Span<UInt8>) -> Key? {
    listenerKey(name) ?? encryptionKey(name) ?? securityKey(name) ?? clientKey(name)
      ?? programKey(name) ?? foreign(name)
  }

  // Each table has a frame of its own: one at a time is on the stack.

  @inline(never) private static func listenerKey(_ name: Span<UInt8>) -> Key? {
    find(name, in: listenerKeys.span)
  }

  @inline(never) private static func encryptionKey(_ name: Span<UInt8>) -> Key? {
    find(name, in: encryptionKeys.span)
  }

  @inline(never) private static func securityKey(_ name: Span<UInt8>) -> Key? {
    find(name, in: securityKeys.span)
  }

  @inline(never) private static func clientKey(_ name: Span<UInt8>) -> Key? {
    find(name, in: clientKeys.span)
  }

  @inline(never) private static func programKey(_ name: Span<UInt8>) -> Key? {
    find(name, in: programKeys.span)
  }

  /// The place of a name among keys.
  static func find(_ name: Span<UInt8>, in keys: Span<Key>) -> Key? {
    for index in keys.indices where name.equals(keys[index].name) { return keys[index] }
    return nil
  }
}
