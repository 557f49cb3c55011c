// What a value says, or why it says nothing: without the settings that it is for.
extension Span where Element == UInt8 {
  /// The one word of a value; a comment may follow it, as it may in Mosquitto.
  @_lifetime(copy self)
  func soleWord() throws(ConfigurationError.Reason) -> Span<UInt8> {
    let end = skipWord(from: 0)
    let rest = skipBlanks(from: end)
    guard rest == count || self[rest] == UInt8(ascii: "#") else {
      throw .invalid("one word is expected")
    }
    return extracting(0..<end)
  }

  /// The Boolean that this word is.
  func boolean() throws(ConfigurationError.Reason) -> Bool {
    if equals("true") || equals("1") { return true }
    if equals("false") || equals("0") { return false }
    throw .notBoolean
  }

  /// The number that this word is, when it is within the bounds.
  func number(within bounds: Bounds) throws(ConfigurationError.Reason) -> Int64 {
    guard let number else { throw .notNumber }
    if let limit = bounds.limit, number > bounds.most { throw .aboveLimit(limit, bounds.most) }
    guard number >= bounds.least, number <= bounds.most else {
      throw .outOfRange(least: bounds.least, most: bounds.most)
    }
    return number
  }

  /// Seconds from a number and a unit: as many as fit, which is for ever.
  func duration() throws(ConfigurationError.Reason) -> UInt32 {
    let last = count - 1
    guard let count = extracting(0..<last).number, count > 0, count <= Int32.max,
      let seconds = self[last].secondsPerUnit
    else { throw .invalid("a number and one of s h d w m y is expected, as in 14d") }
    return UInt32(clamping: count * seconds)
  }

  /// Throws unless this is a text of at most so many bytes.
  func checkText(most: Int) throws(ConfigurationError.Reason) {
    guard count <= most else { throw .tooLong(Int64(most)) }
    guard isPlainText else { throw .invalid("it is not UTF-8, or holds a control character") }
  }

  /// The versions of IP that this word names.
  func family() throws(ConfigurationError.Reason) -> SocketFamily {
    if equals("ipv4") { return .version4 }
    if equals("ipv6") { return .version6 }
    throw .invalid("it is neither ipv4 nor ipv6")
  }

  /// Throws unless this word names a protocol that we speak.
  func checkTransport() throws(ConfigurationError.Reason) {
    guard equals("mqtt") else { throw .invalid("only mqtt is available") }
  }

  /// What this word says is to become of a message for a full queue.
  func policy() throws(ConfigurationError.Reason) -> QueueFull {
    if equals("reject") { return .reject }
    if equals("drop_oldest") { return .dropOldest }
    if equals("drop_newest") { return .dropNewest }
    throw .invalid("it is none of reject, drop_oldest and drop_newest")
  }

  /// The kinds of log lines that this word names.
  func logTypes() throws(ConfigurationError.Reason) -> LogTypes {
    if equals("error") { return .error }
    if equals("warning") { return .warning }
    if equals("notice") { return .notice }
    if equals("information") { return .information }
    if equals("debug") { return .debug }
    if equals("subscribe") { return .subscribe }
    if equals("unsubscribe") { return .unsubscribe }
    if equals("websockets") { return .webSockets }
    if equals("internal") { return .internal }
    if equals("all") { return .all }
    if equals("none") { return LogTypes.none }
    throw .invalid("it is none of the types of log lines")
  }
}

extension UInt8 {
  /// The seconds of a unit of time, written as Mosquitto does: `m` is a month of 30 days.
  fileprivate var secondsPerUnit: Int64? {
    switch self {
    case UInt8(ascii: "s"): 1
    case UInt8(ascii: "h"): 3600
    case UInt8(ascii: "d"): 86_400
    case UInt8(ascii: "w"): 7 * 86_400
    case UInt8(ascii: "m"): 30 * 86_400
    case UInt8(ascii: "y"): 365 * 86_400
    default: nil
    }
  }
}
