import Memory

/// How many lines a second tell of an event, and of whoever is at one address: who is noisy hides
/// nobody else.
///
/// The first line of an event in a second is always wanted, and so is the first of an address, besides that
/// it has come. Beyond
/// it, an address has so many lines of an event as are still free of that event's, and no more than its
/// own limit. Full: of those that are counted the quietest gives way, and who takes its place takes over
/// the count of its lines: so no noisy one is ever forgotten for others, and coming from ever new
/// addresses is of no use.
struct LineLimit: ~Copyable {
  private struct Talker: BitwiseCopyable {
    var peer = Peer.none
    /// Lines of all events.
    private(set) var lines: UInt32 = 0
    var leftOut: UInt32 = 0
    /// Lines of each event, in four bits.
    private var linesOfEvent = InlineArray<8, UInt32>(repeating: 0)

    init(_ peer: Peer) { self.peer = peer }

    func lines(of event: Event) -> UInt32 {
      linesOfEvent[Int(event.rawValue) / 8] >> shift(of: event) & 0xF
    }

    mutating func count(_ event: Event) {
      // That somebody has come must not hide what he does.
      if event != .connectionOpened { lines += 1 }
      linesOfEvent[Int(event.rawValue) / 8] += 1 << shift(of: event)
    }

    private func shift(of event: Event) -> UInt32 { UInt32(event.rawValue) % 8 * 4 }
  }

  private let anchor = Anchor()
  private var linesOfEvent = InlineArray<64, UInt8>(repeating: 0)
  private var talkers: SlotTable<Talker>
  private var talkerCount = 0
  private(set) var leftOut: UInt64 = 0

  init(addresses: Int, in region: inout Region) {
    talkers = SlotTable("log addresses", count: addresses, in: &region)
  }

  /// Lines of one event in a second that one address has.
  private static var most: UInt32 { 10 }
  /// Lines of one event in a second.
  private static var mostOfEvent: UInt8 { 40 }

  /// Whether a line about an event is wanted; it is counted, or else what is left out.
  @inline(never)
  mutating func allows(_ event: Event, of peer: Peer) -> Bool {
    let talker = find(peer) ?? add(peer)
    let most = min(LineLimit.most, free(of: event))
    guard isFirst(event, talker) || talkers[talker].lines(of: event) < most else {
      talkers[talker].leftOut += 1
      leftOut += 1
      return false
    }
    if linesOfEvent[Int(event.rawValue)] < .max { linesOfEvent[Int(event.rawValue)] += 1 }
    talkers[talker].count(event)
    return true
  }

  private func isFirst(_ event: Event, _ talker: Int) -> Bool {
    let isFirst = linesOfEvent[Int(event.rawValue)] == 0
    let lines =
      event == .connectionOpened ? talkers[talker].lines(of: event) : talkers[talker].lines
    return isFirst || lines == 0
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
      talkers[talkerCount] = Talker(peer)
      talkerCount += 1
      return talkerCount - 1
    }
    var quietest = 0
    for place in 1..<talkers.count where noise(of: place) < noise(of: quietest) { quietest = place }
    talkers[quietest].peer = peer
    talkers[quietest].leftOut = 0
    return quietest
  }

  /// How many lines there were of somebody, or would have been.
  private func noise(of place: Int) -> UInt64 {
    UInt64(talkers[place].lines) + UInt64(talkers[place].leftOut)
  }
}
