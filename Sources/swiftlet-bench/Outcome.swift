/// What one run of one scenario came to.
struct Outcome: Codable {
  var scenario = ""
  /// Counted while the clock ran.
  var seconds = 0.0
  var delivered: UInt64 = 0
  var perSecond = 0.0
  /// Of the whole run, the warming up and the end included.
  var published: UInt64 = 0
  var lost: UInt64 = 0
  var duplicated: UInt64 = 0
  var outOfOrder: UInt64 = 0
  var wrong: UInt64 = 0
  var refused: UInt64 = 0
  /// Of one core.
  var brokerBusy: Double?
  var loadBusy = 0.0
  /// How long each was ready and had no core: other programs took it.
  var brokerDisturbed: Double?
  var loadDisturbed = 0.0
  /// Microseconds of the broker's core for each message, or each connection.
  var brokerMicroseconds: Double?
  var latency: Latency?
  var residentKiBAtStart: Int?
  var residentKiBAtEnd: Int?
  /// Figures that only one scenario has.
  var figures: [String: Double] = [:]
  /// Why the run says nothing about the broker.
  var invalid: String?
  /// What the broker did wrong.
  var failure: String?

  struct Latency: Codable {
    var p50: Double
    var p90: Double
    var p99: Double
    var p999: Double
    var most: Double
  }

  /// What the broker did wrong, if it did.
  var complaint: String? {
    if let failure { return failure }
    let counts = [
      ("lost", lost), ("duplicated", duplicated), ("out of order", outOfOrder), ("wrong", wrong),
      ("refused", refused),
    ]
    let bad = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
    return bad.isEmpty ? nil : bad.joined(separator: ", ") + " of \(published)"
  }
}
