/// The keys of Mosquitto that have no effect here and do no harm.
enum IgnoredKey: UInt8 {
  case allowDuplicateMessages
  case autosaveInterval
  case autosaveOnChanges
  case ciphersVersion13
  case controlAPI
  case diffieHellmanFile
  case keyForm
  case memoryLimit
  case persistenceFile
  case persistenceLocation
  case retryInterval
  case storeCleanInterval
  case webSocketLogLevel

  static var names: StaticString {
    """
    allow_duplicate_messages autosave_interval autosave_on_changes ciphers_tls1.3 enable_control_api \
    dhparamfile tls_keyform memory_limit persistence_file persistence_location retry_interval \
    store_clean_interval websockets_log_level
    """
  }

  /// Why it has no effect.
  var reason: StaticString {
    switch self {
    case .allowDuplicateMessages: "a message that two subscriptions match comes once"
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
  case authPlugin
  case authPluginDenySpecialCharacters
  case globalPlugin
  case plugin
  case pluginLoad
  case pluginUse
  case packetBufferSize
  case packetMaximumAuth
  case packetMaximumConnect
  case packetMaximumSimple
  case packetMaximumSubscribe
  case packetMaximumUnsubscribe
  case packetMaximumWill
  case maximumInflightBytes
  case httpFolder
  case engine
  case engineKeyPassword
  case keyLog
  case disableDateChecks
  case proxyRequiresTLS
  case connection

  static var names: StaticString {
    """
    auth_plugin auth_plugin_deny_special_chars global_plugin plugin plugin_load plugin_use \
    packet_buffer_size packet_max_auth packet_max_connect packet_max_simple packet_max_sub \
    packet_max_un_sub packet_max_will max_inflight_bytes http_dir tls_engine \
    tls_engine_kpass_sha1 tls_keylog disable_client_cert_date_checks \
    proxy_protocol_v2_require_tls connection
    """
  }

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
    case .maximumInflightBytes: "write max_inflight_messages or max_queued_bytes"
    case .httpFolder: "this is no web server: let one serve the page"
    case .engine, .engineKeyPassword: "keys are read from files alone"
    case .keyLog: "whoever has those keys reads everything"
    case .disableDateChecks: "an expired certificate is no certificate"
    case .proxyRequiresTLS: "let the proxy refuse plain connections"
    case .connection: "bridges are not here yet"
    }
  }
}
