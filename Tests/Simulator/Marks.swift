import Broker
import MQTT

/// What runs have reached of all there is to be reached, each with how often.
package final class Marks {
  package private(set) var counts: [String: UInt64] = [:]

  package init() {}

  package func reach(_ name: String, _ times: UInt64 = 1) {
    if times > 0 { counts[name, default: 0] += times }
  }

  /// Adds what other runs have reached.
  package func add(_ other: Marks) {
    for (name, times) in other.counts { reach(name, times) }
  }

  /// A line of the broker's log: what stands behind its last colon is why somebody was refused.
  func read(_ line: [UInt8]) {
    guard let colon = line.lastIndex(of: UInt8(ascii: ":")), colon + 2 < line.count else { return }
    let words = String(decoding: line[(colon + 2)...].dropLast(), as: UTF8.self)
    if let name = Marks.names[words] { reach(name) }
  }

  /// The marks of reasons by their words.
  private static let names: [String: String] = {
    var names: [String: String] = [:]
    for (name, mistake) in MalformedPacket.named {
      names["\(mistake.words)"] = "malformed packet: \(name)"
    }
    for words in refusals { names[words] = "refused: \(words)" }
    return names
  }()

  /// What the broker says when it ends a connection for a reason that no packet has by itself.
  private static let refusals = [
    "it exceeded our Receive Maximum", "its Topic Name is too long",
    "it changed its session expiry from zero", "it sent AUTH without a method",
    "it used an unknown Topic Alias", "it used too high a Topic Alias",
    "there is no room for Topic Aliases", "only its first packet may be a CONNECT",
    "only a Server sends such a packet", "it sent a packet that is too large",
    "its answer is too large for it", "there was no room for what it sent",
    "connection closed by client", "it is broken", "its queue is full", "the handshake failed",
    "there is no place for it",
  ]

  /// Every mark there is.
  package static let all: [String] = {
    var all = refusals.map { "refused: \($0)" }
    all += MalformedPacket.named.keys.map { "malformed packet: \($0)" }
    all += events.map { "event: \($0)" }
    all += pools.map { "full: \($0)" }
    all += Rule.ofCodec.map { "rule \($0.name)" }
    all += ["newcomer", "newcomer under siege"]
    return all.sorted()
  }()

  private static var events: [Event] {
    (UInt8.min...UInt8.max).compactMap { Event(rawValue: $0) }
  }

  /// Those that can refuse: who finds no receive block is only not read.
  private static let pools = (0..<Broker.poolCount).compactMap { Broker.poolName($0) }
    .map { "\($0)" }.filter { $0 != "receive blocks" }

  /// Takes what a broker has counted.
  func take(_ broker: borrowing Broker) {
    for event in Marks.events { reach("event: \(event)", broker.log.count(of: event)) }
    for number in 0..<Broker.poolCount {
      guard let pool = broker.pool(number) else { continue }
      reach("full: \(pool.name)", pool.occupancy.refused)
    }
  }

  /// Marks that no run has reached.
  package var missing: [String] { Marks.all.filter { counts[$0] == nil } }
  /// Marks that were reached.
  package var reached: [String] { counts.keys.sorted() }
}
