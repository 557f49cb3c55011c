import Memory

/// What has happened since the start, as `$SYS` tells it.
package struct Statistics: BitwiseCopyable {
  package internal(set) var bytesReceived: UInt64 = 0
  package internal(set) var bytesSent: UInt64 = 0
  /// MQTT Control Packets.
  package internal(set) var packetsReceived: UInt64 = 0
  package internal(set) var packetsSent: UInt64 = 0
  package internal(set) var publishesReceived: UInt64 = 0
  package internal(set) var publishesSent: UInt64 = 0
  package internal(set) var publishesDropped: UInt64 = 0
  package internal(set) var publishBytesReceived: UInt64 = 0
  package internal(set) var publishBytesSent: UInt64 = 0
  package internal(set) var connectionsOpened: UInt64 = 0
  package internal(set) var connects: UInt64 = 0
  package internal(set) var clientsExpired: UInt64 = 0
  package internal(set) var clientsConnected = 0
  package internal(set) var clientsMaximum = 0
  /// Microseconds of the longest turn; the Server counts it.
  package internal(set) var longestTurn: UInt64 = 0
  /// Units of work of the turn that took most of it.
  package internal(set) var largestTurn = 0

  package init() {}
}
