import MQTT
import Memory

/// A SUBSCRIBE or UNSUBSCRIBE of so many Topic Filters that it takes several turns.
struct LongRequest: BitwiseCopyable {
  enum Filters: BitwiseCopyable {
    case subscribe(Subscribe)
    case unsubscribe(Unsubscribe)
  }

  /// The filters that have still to be looked at.
  var filters: Filters
  /// The answer, with a place for each code, and where the next of them goes.
  var answer: Chain
  var cursor: ChainCursor
  /// The UNSUBACK of 3.x has none.
  let hasCodes: Bool

  /// Bytes that its filters take at the front of what has come.
  var remaining: Int {
    switch filters {
    case .subscribe(let packet): packet.remaining
    case .unsubscribe(let packet): packet.remaining
    }
  }

  /// Says that the filters that were looked at are gone; how many bytes those were.
  mutating func forgetTaken() -> Int {
    switch filters {
    case .subscribe(var packet):
      defer { filters = .subscribe(packet) }
      return packet.forgetTaken()
    case .unsubscribe(var packet):
      defer { filters = .unsubscribe(packet) }
      return packet.forgetTaken()
    }
  }
}
