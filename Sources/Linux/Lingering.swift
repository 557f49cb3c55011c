import CLinux
import Memory

/// Sockets of connections that were told why they end: what their peers are still sending is read and
/// dropped, for a while. A socket that is closed over unread bytes takes back the last that was sent.
struct Lingering: ~Copyable {
  private let anchor = Anchor()
  private var rows: SlotTable<Row>
  private(set) var count = 0

  private struct Row: BitwiseCopyable {
    /// One more than the descriptor; zero where there is none.
    var socket: Int32 = 0
    /// When it is closed at the latest, in microseconds.
    var due: Int64 = 0
    /// How many bytes may still be dropped.
    var left: Int64 = 0
  }

  /// How many there are at once: with one more, the one that has been here longest is closed.
  static func capacity(places: Int) -> Int { min(places, 16) }
  /// Microseconds that one stays at most: a peer far away has read its last packet by then.
  private static var time: Int64 { 5_000_000 }
  /// Bytes that are dropped of one at most.
  private static var bytes: Int64 { 64 << 20 }

  init(places: Int, in region: inout Region) {
    rows = SlotTable("sockets lingering", count: Lingering.capacity(places: places), in: &region)
  }

  /// Takes a socket whose sending side is shut down; it waits in one of the places behind all others.
  mutating func take(_ socket: Int32, _ waiting: inout Waiting, behind places: Int) {
    if count == rows.count { close(longest, &waiting, behind: places) }
    var slot = 0
    while rows[slot].socket != 0 { slot += 1 }
    let due = linux_boottime_microseconds() + Lingering.time
    rows[slot] = Row(socket: socket + 1, due: due, left: Lingering.bytes)
    count += 1
    linux_set_receive_threshold(socket, 1)
    waiting.add(socket, place: places + slot)
  }

  /// Drops what has come; the peer's end of it, or too much, ends the socket too.
  mutating func drop(_ slot: Int, _ waiting: inout Waiting, behind places: Int) {
    guard rows[slot].socket != 0 else { return }
    let dropped = linux_discard_input(rows[slot].socket - 1)
    rows[slot].left -= max(0, dropped)
    let isOpen = dropped > 0 || dropped == -Int64(LINUX_ERROR_AGAIN)
    if !isOpen || rows[slot].left <= 0 { close(slot, &waiting, behind: places) }
  }

  /// Closes those whose time is up; milliseconds until the next one's is, nil when there is none.
  mutating func expire(_ waiting: inout Waiting, behind places: Int) -> UInt64? {
    guard count > 0 else { return nil }
    let now = linux_boottime_microseconds()
    var next = Int64.max
    for slot in 0..<rows.count where rows[slot].socket != 0 {
      if rows[slot].due <= now {
        close(slot, &waiting, behind: places)
      } else {
        next = min(next, rows[slot].due - now)
      }
    }
    // Of 32 bits, which each processor can divide.
    return count > 0 ? UInt64(UInt32(clamping: next) / 1000 + 1) : nil
  }

  private var longest: Int {
    var longest = 0
    for slot in 1..<max(1, rows.count) where rows[slot].due < rows[longest].due { longest = slot }
    return longest
  }

  private mutating func close(_ slot: Int, _ waiting: inout Waiting, behind places: Int) {
    let socket = rows[slot].socket - 1
    waiting.remove(socket, place: places + slot)
    linux_close(socket)
    rows[slot] = Row()
    count -= 1
  }
}
