import Memory

/// How many lines a second tell of an event, and of whoever is at one address: who is noisy hides
/// nobody else.
///
/// The first line of an event in a second is always wanted, and so is the first of an address. Beyond
/// it, an address has so many lines as are still free of that event's, and no more than its own limit.
/// Full: of those that are counted the one with the fewest lines gives way, and who takes its place
/// takes over its count: so no noisy one is ever forgotten for others, and all of them together have
/// no more lines than their places allow.
struct LineLimit: ~Copyable {
  private struct Talker: BitwiseCopyable {
    var peer = Peer.none
    var lines: UInt32 = 0
    var leftOut: UInt32 = 0
  }

  private let anchor = Anchor()
  private var linesOfEvent = InlineArray<64, UInt8>(repeating: 0)
  private var talkers: SlotTable<Talker>
  private var talkerCount = 0
  /// Lines of one address in a second.
  private let most: UInt32
  private(set) var leftOut: UInt64 = 0

  /// - Parameter logBytes: of the lines of one turn, of which no address is to take all.
  init(addresses: Int, logBytes: Int, in region: inout Region) {
    talkers = SlotTable("log addresses", count: addresses, in: &region)
    most = UInt32(max(4, min(20, logBytes / 48)))
  }

  /// Lines of one event in a second.
  private static var mostOfEvent: UInt8 { 40 }

  /// Whether a line about an event is wanted; it is counted, or else what is left out.
  @inline(never)
  mutating func allows(_ event: Event, of peer: Peer) -> Bool {
    let talker = find(peer) ?? add(peer)
    guard isFirst(event, talker) || talkers[talker].lines < min(most, free(of: event)) else {
      talkers[talker].leftOut += 1
      leftOut += 1
      return false
    }
    linesOfEvent[Int(event.rawValue)] += 1
    talkers[talker].lines += 1
    return true
  }

  private func isFirst(_ event: Event, _ talker: Int) -> Bool {
    linesOfEvent[Int(event.rawValue)] == 0 || talkers[talker].lines == 0
  }

  /// How many lines an event has left; those that were the first of somebody count too.
  private func free(of event: Event) -> UInt32 {
    let told = linesOfEvent[Int(event.rawValue)]
    return told < LineLimit.mostOfEvent ? UInt32(LineLimit.mostOfEvent - told) : 0
  }

  /// Counts a line for which there was no room.
  mutating func leaveOut() { leftOut += 1 }

  /// Who had most lines left out in this second, and how many; nil when no line of anybody was.
  var noisiest: (peer: Peer, count: UInt64)? {
    var noisiest = 0
    for place in 0..<talkerCount where talkers[place].leftOut > talkers[noisiest].leftOut {
      noisiest = place
    }
    guard talkerCount > 0, talkers[noisiest].leftOut > 0 else { return nil }
    return (talkers[noisiest].peer, UInt64(talkers[noisiest].leftOut))
  }

  /// Begins a new second, in which everybody has all lines again.
  mutating func beginSecond() {
    linesOfEvent = InlineArray(repeating: 0)
    talkerCount = 0
    leftOut = 0
  }

  private func find(_ peer: Peer) -> Int? {
    for place in 0..<talkerCount where isOne(talkers[place].peer, peer) { return place }
    return nil
  }

  /// Whether two are at one address; those that have none are at one too.
  private func isOne(_ peer: Peer, _ other: Peer) -> Bool {
    peer.network == other.network && peer.kind == other.kind
  }

  private mutating func add(_ peer: Peer) -> Int {
    guard talkerCount == talkers.count else {
      talkers[talkerCount] = Talker(peer: peer)
      talkerCount += 1
      return talkerCount - 1
    }
    var quietest = 0
    for place in 1..<talkers.count where talkers[place].lines < talkers[quietest].lines {
      quietest = place
    }
    talkers[quietest] = Talker(peer: peer, lines: talkers[quietest].lines)
    return quietest
  }
}
