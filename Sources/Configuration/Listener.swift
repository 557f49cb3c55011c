import Board
import MQTT

/// One `listener` of the configuration: where Clients may connect, and what they may do there.
package struct Listener: BitwiseCopyable {
  /// The TCP port; 0 for a Unix domain socket and for nothing else.
  package internal(set) var port: UInt16 = 1883
  /// Whether nobody may come in any more: a reload has taken it away.
  package internal(set) var isClosed = false
  /// The line of the configuration that it begins with, and the file, when another one includes it.
  package internal(set) var line: UInt32 = 0
  package internal(set) var file = TextReference.none
  /// The address or host name to bind to, a text of the settings; empty for all interfaces.
  package internal(set) var address = TextReference.none
  /// The versions of IP to listen on.
  package internal(set) var family = SocketFamily.any
  /// The path of the Unix domain socket to listen on instead of a port; empty for none.
  package internal(set) var unixPath = TextReference.none
  /// The permissions of that socket.
  package internal(set) var unixMode: UInt16 = 0o660
  /// The network interface to bind to (`bind_interface`); empty for any.
  package internal(set) var interface = TextReference.none
  /// What MQTT packets are carried by.
  package internal(set) var transport = Transport.mqtt
  /// The version of the PROXY header that each connection begins with; 0 for none.
  package internal(set) var proxyVersion: UInt8 = 0
  /// Whether each connection begins with a PROXY header.
  package var isProxied: Bool { proxyVersion > 0 }

  /// What is put before each Topic Name and Topic Filter of these Clients; empty for nothing.
  package internal(set) var mountPoint = TextReference.none
  /// The versions of MQTT that a Client may speak here.
  package internal(set) var acceptedVersions = VersionSet.all
  /// Which of the settings' origins a browser may come from; none given: any.
  package internal(set) var origins: Range<Int> {
    get { Int(firstOrigin)..<Int(firstOrigin) + Int(originCount) }
    set {
      firstOrigin = UInt8(truncatingIfNeeded: newValue.lowerBound)
      originCount = UInt8(truncatingIfNeeded: newValue.count)
    }
  }
  private var firstOrigin: UInt8 = 0
  private var originCount: UInt8 = 0

  /// The highest QoS a Client may publish with here; what is lower than 2 is in the CONNACK.
  package internal(set) var maximumQoS = QoS.exactlyOnce
  /// The most Network Connections at once; -1 for as many as the board has.
  package internal(set) var maximumConnections: Int32 = -1
  /// The most Topic Aliases a Client may set on one connection. [3.2.2.3.8]
  package internal(set) var maximumTopicAlias = UInt16(min(10, Limits().topicAliases))
  /// The most Topic Aliases we set towards a Client that allows them. [3.1.2.11.5]
  package internal(set) var maximumBrokerTopicAlias = UInt16(min(10, Limits().topicAliases))

  /// Whether the User Name of a Client is its Client Identifier too.
  package internal(set) var usesUserNameAsClientIdentifier = false
  /// How connections are encrypted, if they are.
  package internal(set) var tls = TLSSettings()
  /// Who may come in: the same for all listeners, unless `per_listener_settings` is true.
  package internal(set) var security = SecuritySettings()
}

/// The versions of IP a listener uses.
package enum SocketFamily: UInt8, BitwiseCopyable {
  case any = 0
  case version4 = 4
  case version6 = 6
}

/// What MQTT packets are carried by.
package enum Transport: UInt8, BitwiseCopyable {
  /// The stream itself, encrypted or not. [4.2]
  case mqtt
  /// Binary frames of WebSocket. [6]
  case webSockets
}

extension Listener {
  /// Whether keys before the first `listener`, or without one, make one of their own: those that
  /// do in Mosquitto.
  func isMeant(isPortGiven: Bool) -> Bool {
    let isPlace = isPortGiven || !address.isEmpty || !interface.isEmpty || family != .any
    let isKind = transport != .mqtt || isProxied || !mountPoint.isEmpty
    let isLimit = maximumConnections != -1 || maximumQoS != .exactlyOnce
    let isAccess =
      !security.passwordFile.isEmpty || !security.pskFile.isEmpty
      || !security.allowsEmptyClientIdentifier || usesUserNameAsClientIdentifier
    return isPlace || isKind || isLimit || isAccess || tls.isGiven
  }

  /// One of its texts.
  subscript(setting: ListenerTextSetting) -> TextReference {
    get {
      switch setting {
      case .authorityFile: tls.authorityFile
      case .authorityPath: tls.authorityPath
      case .certificateFile: tls.certificateFile
      case .ciphers: tls.ciphers
      case .interface: interface
      case .keyFile: tls.keyFile
      case .mountPoint: mountPoint
      case .pskHint: tls.pskHint
      case .revocationFile: tls.revocationFile
      }
    }
    set {
      switch setting {
      case .authorityFile: tls.authorityFile = newValue
      case .authorityPath: tls.authorityPath = newValue
      case .certificateFile: tls.certificateFile = newValue
      case .ciphers: tls.ciphers = newValue
      case .interface: interface = newValue
      case .keyFile: tls.keyFile = newValue
      case .mountPoint: mountPoint = newValue
      case .pskHint: tls.pskHint = newValue
      case .revocationFile: tls.revocationFile = newValue
      }
    }
  }
}
