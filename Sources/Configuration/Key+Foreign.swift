/// The keys of Mosquitto that have no effect here and do no harm.
enum IgnoredKey: UInt8 {
  /// `autosave_interval`
  case autosaveInterval
  /// `autosave_on_changes`
  case autosaveOnChanges
  /// `ciphers_tls1.3`
  case ciphersVersion13
  /// `enable_control_api`
  case controlAPI
  /// `dhparamfile`
  case diffieHellmanFile
  /// `tls_keyform`
  case keyForm
  /// `memory_limit`
  case memoryLimit
  /// `persistence_file`
  case persistenceFile
  /// `persistence_location`
  case persistenceLocation
  /// `retry_interval`
  case retryInterval
  /// `store_clean_interval`
  case storeCleanInterval
  /// `websockets_log_level`
  case webSocketLogLevel

  /// Why it has no effect.
  var reason: StaticString {
    switch self {
    case .autosaveInterval, .autosaveOnChanges, .persistenceFile, .persistenceLocation:
      "nothing is kept over a restart yet"
    case .ciphersVersion13: "the TLS library chooses among those of TLS 1.3"
    case .controlAPI: "$CONTROL is answered by nobody"
    case .diffieHellmanFile: "keys are agreed on elliptic curves"
    case .keyForm: "keys are PEM files"
    case .memoryLimit: "memory is fixed at start: see --plan"
    case .retryInterval: "messages are sent again at reconnection alone"
    case .storeCleanInterval: "messages are released at once"
    case .webSocketLogLevel: "write \"log_type websockets\" instead"
    }
  }
}

/// The keys of Mosquitto that are not here, and that somebody would miss.
enum RefusedKey: UInt8 {
  /// `auth_plugin`
  case authPlugin
  /// `auth_plugin_deny_special_chars`
  case authPluginDenySpecialCharacters
  /// `global_plugin`
  case globalPlugin
  /// `plugin`
  case plugin
  /// `plugin_load`
  case pluginLoad
  /// `plugin_use`
  case pluginUse
  /// `packet_buffer_size`
  case packetBufferSize
  /// `packet_max_auth`
  case packetMaximumAuth
  /// `packet_max_connect`
  case packetMaximumConnect
  /// `packet_max_simple`
  case packetMaximumSimple
  /// `packet_max_sub`
  case packetMaximumSubscribe
  /// `packet_max_un_sub`
  case packetMaximumUnsubscribe
  /// `packet_max_will`
  case packetMaximumWill
  /// `http_dir`
  case httpFolder
  /// `tls_engine`
  case engine
  /// `tls_engine_kpass_sha1`
  case engineKeyPassword
  /// `tls_keylog`
  case keyLog
  /// `proxy_protocol_v2_require_tls`
  case proxyRequiresTLS
  /// `connection`
  /// - Mosquitto: not yet
  case connection

  /// The keys of a `connection`, which is a bridge, besides those that begin with `bridge_`.
  static var bridgeNames: StaticString {
    """
    address addresses topic cleansession clientid idle_timeout keepalive_interval \
    local_cleansession local_clientid local_password local_username notification_topic \
    notifications notifications_local_only password remote_clientid remote_password \
    remote_username restart_timeout round_robin start_type threshold try_private username
    """
  }

  /// Why it is not here, or what to write instead.
  var reason: StaticString {
    switch self {
    case .authPlugin, .authPluginDenySpecialCharacters, .globalPlugin, .plugin, .pluginLoad,
      .pluginUse:
      "there are no plugins; use password_file and acl_file"
    case .packetBufferSize: "buffers are limits of the board"
    case .packetMaximumAuth, .packetMaximumConnect, .packetMaximumSimple,
      .packetMaximumSubscribe, .packetMaximumUnsubscribe, .packetMaximumWill:
      "write max_packet_size, which is for packets of all types"
    case .httpFolder: "this is no web server: let one serve the page"
    case .engine, .engineKeyPassword: "keys are read from files alone"
    case .keyLog: "whoever has those keys reads everything"
    case .proxyRequiresTLS: "let the proxy refuse plain connections"
    case .connection: "bridges are not here yet"
    }
  }
}
