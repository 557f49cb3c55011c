/// What load averages are made of.
///
/// Whoever adds one is asked by the compiler for its name and for what it counts.
enum Load: UInt8 {
  /// Control packets of all types that came in.
  case messagesReceived
  /// Control packets of all types that went out.
  case messagesSent
  /// PUBLISH packets that were taken.
  case publishReceived
  /// PUBLISH packets that went out.
  case publishSent
  /// Messages that somebody missed, and those that were refused.
  case publishDropped
  /// Bytes of MQTT that came in.
  case bytesReceived
  /// Bytes of MQTT that went out.
  case bytesSent
  /// Connections that were accepted.
  case sockets
  /// CONNECT packets.
  case connections

  /// Something for each of them.
  typealias Each<Element> = InlineArray<9, Element>

  /// What follows `$SYS/broker/`, before the span.
  var name: StaticString {
    switch self {
    case .messagesReceived: "load/messages/received"
    case .messagesSent: "load/messages/sent"
    case .publishReceived: "load/publish/received"
    case .publishSent: "load/publish/sent"
    case .publishDropped: "load/publish/dropped"
    case .bytesReceived: "load/bytes/received"
    case .bytesSent: "load/bytes/sent"
    case .sockets: "load/sockets"
    case .connections: "load/connections"
    }
  }

  /// What follows the name, for each span.
  static func spanName(_ span: Int) -> StaticString {
    switch span {
    case 0: "/1min"
    case 1: "/5min"
    default: "/15min"
    }
  }
}

/// Rates per minute over the last 1, 5 and 15 minutes, as an exponential moving average.
///
/// In whole numbers that stand for fractions: some routers have no unit for others.
struct LoadAverages: BitwiseCopyable {
  static var kinds: Int { Load.Each<UInt64>.count }
  static var spans: Int { 3 }

  private var lastCounts = Load.Each<UInt64>(repeating: 0)
  /// In units of 2 to the power of -20.
  private var averages = InlineArray<3, Load.Each<UInt64>>(repeating: .init(repeating: 0))
  private var lastUpdate: UInt64 = 0

  /// Takes the counts as they are at a moment, in milliseconds.
  mutating func update(_ counts: Load.Each<UInt64>, at milliseconds: UInt64) {
    guard milliseconds > lastUpdate else { return }
    let elapsed = milliseconds - lastUpdate
    for kind in 0..<LoadAverages.kinds {
      let rate = LoadAverages.perMinute(counts[kind] &- lastCounts[kind], in: elapsed)
      average(rate, kind, elapsed)
    }
    lastCounts = counts
    lastUpdate = milliseconds
  }

  /// The average in hundredths: `span` 0 is 1 minute, 1 is 5, 2 is 15.
  func hundredths(_ kind: Int, span: Int) -> UInt64 {
    let average = averages[span][kind] + LoadAverages.one / 200
    return average / LoadAverages.one * 100 + average % LoadAverages.one * 100 / LoadAverages.one
  }

  private mutating func average(_ rate: UInt64, _ kind: Int, _ elapsed: UInt64) {
    let minutes: InlineArray<3, UInt64> = [1, 5, 15]
    for span in 0..<LoadAverages.spans {
      let keep = LoadAverages.kept(after: elapsed, of: 60_000 * minutes[span])
      let old = averages[span][kind]
      averages[span][kind] =
        old > rate
        ? rate + LoadAverages.part(keep, of: old - rate)
        : rate - LoadAverages.part(keep, of: rate - old)
    }
  }

  private static var one: UInt64 { 1 << 20 }

  /// A rate in those units; none is above 2 to the power of 42 a minute.
  private static func perMinute(_ count: UInt64, in milliseconds: UInt64) -> UInt64 {
    let scaled = min(count, 1 << 46) * 60_000
    let (whole, rest) = scaled.quotientAndRemainder(dividingBy: milliseconds)
    return min(whole, 1 << 42) * one + min(rest, 1 << 43) * one / milliseconds
  }

  /// A fraction, in units of 2 to the power of -32, of a number.
  private static func part(_ fraction: UInt64, of number: UInt64) -> UInt64 {
    let product = number.multipliedFullWidth(by: fraction)
    return product.high << 32 | product.low >> 32
  }

  /// e to the power of -elapsed/span in units of 2 to the power of -32: by its series where that is
  /// quick, after halving.
  private static func kept(after elapsed: UInt64, of span: UInt64) -> UInt64 {
    guard elapsed < 20 * span else { return 0 }
    var halvings = 0
    var small = (elapsed << 32) / span
    while small > 1 << 31 {
      small /= 2
      halvings += 1
    }
    var sum = series(small)
    for _ in 0..<halvings { sum = (sum * sum) >> 32 }
    return sum
  }

  /// e to the power of -x, for x up to a half, both in units of 2 to the power of -32.
  private static func series(_ x: UInt64) -> UInt64 {
    var (term, sum): (UInt64, UInt64) = (1 << 32, 1 << 32)
    for power: UInt64 in 1..<14 {
      term = ((term * x) >> 32) / power
      sum = power % 2 == 1 ? sum - term : sum + term
    }
    return sum
  }
}
