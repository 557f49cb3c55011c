import Board
import MQTT

/// One `listener` of the configuration: where Clients may connect, and what they may do there.
package struct Listener: BitwiseCopyable {
  /// The TCP port, never 0.
  package internal(set) var port: UInt16 = 1883
  /// The address or host name to bind to, a text of the settings; empty for all interfaces.
  package internal(set) var address = TextReference.none
  /// The versions of IP to listen on.
  package internal(set) var family = SocketFamily.any
  /// The highest QoS a Client may publish with here; what is lower than 2 is in the CONNACK.
  package internal(set) var maximumQoS = QoS.exactlyOnce
  /// The most Network Connections at once; -1 for as many as the board has.
  package internal(set) var maximumConnections: Int32 = -1
  /// The most Topic Aliases a Client may set on one connection. [3.2.2.3.8]
  package internal(set) var maximumTopicAlias = UInt16(min(10, Limits().topicAliases))
  /// The most Topic Aliases we set towards a Client that allows them. [3.1.2.11.5]
  package internal(set) var maximumBrokerTopicAlias = UInt16(min(10, Limits().topicAliases))
}

/// The versions of IP a listener uses.
package enum SocketFamily: UInt8, BitwiseCopyable {
  case any = 0
  case version4 = 4
  case version6 = 6
}
