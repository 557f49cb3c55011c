import Board
import Memory
import Sessions

/// Who is here: the connection of each session, and how many Clients each listener has let in.
struct Presence: ~Copyable {
  private let anchor = Anchor()
  /// By the session's slot; null while it has none.
  private var connectionOf: SlotTable<Handle<Connection>>
  /// By the session's slot: when its Client acknowledged something last.
  private var acknowledgedAt: SlotTable<Instant>
  private var connected = Limits.PerListener<Int>(repeating: 0)
  /// By the connection's place: who its peer has proved to be, by a certificate or a shared key.
  private var proofs: SlotTable<Chain>
  /// By the connection's place: who is at its other end.
  private var peers: SlotTable<Peer>

  init(places: Int, sessions: Int, in region: inout Region) {
    connectionOf = SlotTable("session connections", count: sessions, in: &region)
    acknowledgedAt = SlotTable("last acknowledged", count: sessions, in: &region)
    proofs = SlotTable("proved names", count: places, in: &region)
    peers = SlotTable("peers", count: places, in: &region)
  }

  /// Who is at the other end of a connection.
  func peer(of connection: Handle<Connection>) -> Peer { peers[connection.index] }

  mutating func setPeer(of connection: Handle<Connection>, to peer: Peer) {
    peers[connection.index] = peer
  }

  /// Who the peer of a connection has proved to be; empty for nobody.
  func proof(of connection: Handle<Connection>) -> Chain { proofs[connection.index] }

  /// Keeps who the peer of a connection has proved to be; without room for it, it has proved nothing.
  mutating func prove(
    _ name: Span<UInt8>, of connection: Handle<Connection>, texts: inout ByteChains
  ) {
    _ = texts.append(name, to: &proofs[connection.index])
  }

  mutating func forgetProof(of connection: Handle<Connection>, texts: inout ByteChains) {
    guard !proofs[connection.index].isEmpty else { return }
    texts.release(&proofs[connection.index])
  }

  /// The connection of a session; null while it has none.
  @inline(__always) subscript(session: Handle<Session>) -> Handle<Connection> {
    connectionOf[session.index]
  }

  /// When the Client of a session acknowledged something last.
  func lastAcknowledgement(of session: Handle<Session>) -> Instant {
    acknowledgedAt[session.index]
  }

  mutating func noteAcknowledgement(of session: Handle<Session>, at now: Instant) {
    acknowledgedAt[session.index] = now
  }

  /// Clients connected by a listener.
  func count(by listener: UInt8) -> Int { connected[Int(listener)] }

  mutating func enter(
    _ session: Handle<Session>, by connection: Handle<Connection>, _ listener: UInt8
  ) {
    connectionOf[session.index] = connection
    connected[Int(listener)] += 1
  }

  mutating func leave(_ session: Handle<Session>, _ listener: UInt8) {
    connectionOf[session.index] = .null
    connected[Int(listener)] -= 1
  }
}
