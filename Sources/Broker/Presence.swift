import Board
import Memory
import Sessions

/// Who is here: the connection of each session, and how many Clients each listener has let in.
struct Presence: ~Copyable {
  private let anchor = Anchor()
  /// By the session's slot; null while it has none.
  private var connectionOf: SlotTable<Handle<Connection>>
  private var connected = Limits.PerListener<Int>(repeating: 0)

  init(sessions: Int, in region: inout Region) {
    connectionOf = SlotTable("session connections", count: sessions, in: &region)
  }

  /// The connection of a session; null while it has none.
  @inline(__always) subscript(session: Handle<Session>) -> Handle<Connection> {
    connectionOf[session.index]
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
