import Broker
import Memory

/// What the Server wants of a network. A connection is known by its place: the index of its slot.
package protocol Network: ~Copyable {
  /// What a configuration says to it.
  associatedtype Settings: BitwiseCopyable = NoSettings
  /// Takes over what the configuration says; connections that are there go on as they began.
  mutating func adopt(_ settings: Settings)
  /// Waits until something is ready, or so many milliseconds at most; nil for as long as it takes.
  mutating func wait(milliseconds: UInt64?)
  /// Takes a new connection off a listener; nil when there is none, or none can be had now.
  mutating func accept() -> Accepted?
  /// Gives the connection that was accepted last its place.
  mutating func adopt(place: Int)
  /// Closes the connection that was accepted last.
  mutating func turnAway()
  /// The next connection that the last wait found ready; each comes once.
  mutating func nextReady() -> Readiness?
  /// Finds who has become ready since the last wait, without waiting.
  mutating func look()
  /// Reads what is there, as far as it fits; pays for what that takes beyond a call of the system.
  mutating func receive(
    place: Int, into bytes: inout MutableSpan<UInt8>, _ work: inout Work
  ) -> Received
  /// Puts the next bytes of a connection in place if all of them are there, and leaves them where they
  /// are. If not, it is found ready once they are.
  mutating func peek(place: Int, into bytes: inout MutableSpan<UInt8>) -> Peeked
  /// Forgets so many bytes that were found to be there.
  mutating func skip(_ count: Int, place: Int)
  /// Whom a proxy has named in what was received last, instead of itself; nil when it has not. Each
  /// is told once.
  mutating func takeProxiedPeer() -> Peer?
  /// Sends the bytes of a chain from its front, as many as the network takes at once; pays for what
  /// that takes beyond a call of the system.
  mutating func send(
    _ chain: Chain, of chains: borrowing ByteChains, place: Int, _ work: inout Work
  ) -> Sent
  /// Says for what a connection is to be found ready from now on.
  mutating func watch(place: Int, readable: Bool, writable: Bool)
  /// Closes the connection for good.
  ///
  /// - Parameter lingers: whether its peer was told something that it has to be given the time to read,
  ///   though it may still be sending.
  mutating func close(place: Int, lingers: Bool)
  /// Whether the last wait found that somebody asks something of the program.
  var hasRequest: Bool { get }
  /// Writes who the peer has proved to be, as its listener wants it, and returns the length; zero
  /// for nobody.
  mutating func identity(place: Int, into out: inout MutableSpan<UInt8>) -> Int
  /// The status of one of its pools that clients can fill; nil for one that is not here.
  func pool(_ number: Int) -> PoolStatus?
}

extension Network where Self: ~Copyable, Settings == NoSettings {
  package mutating func adopt(_ settings: NoSettings) {}
}

extension Network where Self: ~Copyable {
  /// Who becomes ready is found by the next wait.
  package mutating func look() {}

  /// Nothing is seen before it is received.
  package mutating func peek(place: Int, into bytes: inout MutableSpan<UInt8>) -> Peeked { .hidden }

  /// Nothing was found to be there.
  package mutating func skip(_ count: Int, place: Int) {}

  /// Asking is cheap where there is no system to ask.
  package var hasRequest: Bool { true }

  /// No proxy is believed where there is none.
  package mutating func takeProxiedPeer() -> Peer? { nil }

  /// Nobody proves anything where there is no encryption.
  package mutating func identity(place: Int, into out: inout MutableSpan<UInt8>) -> Int { 0 }

  /// Nothing is bounded but by the connections.
  package func pool(_ number: Int) -> PoolStatus? { nil }
}

/// A connection that has come in.
package struct Accepted: BitwiseCopyable {
  /// The number of the listener it came in by.
  package let listener: Int
  /// Who is at its other end.
  package let peer: Peer

  package init(listener: Int, peer: Peer) {
    self.listener = listener
    self.peer = peer
  }
}

/// What a connection is ready for.
package struct Readiness: BitwiseCopyable {
  package let place: Int
  package let isReadable: Bool
  package let isWritable: Bool

  package init(place: Int, isReadable: Bool, isWritable: Bool) {
    self.place = place
    self.isReadable = isReadable
    self.isWritable = isWritable
  }
}

/// What came of reading.
package enum Received: BitwiseCopyable {
  case bytes(Int)
  /// Nothing is there after all.
  case nothing
  /// The peer has closed its side.
  case ended
  /// The connection is broken.
  case failed
  /// The peer has proved who it is, as far as it must: `identity` tells.
  case opened
  /// The peer was refused before it said a byte to the Broker; why.
  case refused(StaticString)
}

/// What came of looking for bytes.
package enum Peeked: BitwiseCopyable {
  case whole
  /// Some of them are still to come.
  case notYet
  /// They cannot be seen before they are received.
  case hidden
}

/// What came of sending.
package enum Sent: BitwiseCopyable {
  /// So many bytes were taken; fewer than there were when the network is full.
  case bytes(Int)
  /// So many were taken, fewer than there were, and the network would take more: it is others' turn.
  case part(Int)
  /// The connection is broken.
  case failed
}
