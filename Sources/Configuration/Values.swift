import Board
import MQTT

// What a value says, or why it says nothing: without the settings that it is for.
extension Span where Element == UInt8 {
  /// The first word of a value, which is all that counts of it, as in Mosquitto.
  var firstWord: Span<UInt8> {
    @_lifetime(copy self) get { extracting(0..<skipWord(from: 0)) }
  }

  /// What is to be said of what follows the first word, when it is no comment.
  var noteOfMoreWords: ConfigurationError.Reason? {
    let rest = skipBlanks(from: skipWord(from: 0))
    guard rest < count && self[rest] != UInt8(ascii: "#") else { return nil }
    return .doubtful("only the first word counts")
  }

  /// What is to be said of a text that looks as if not all of it were meant.
  var noteOfText: ConfigurationError.Reason? {
    if count > 1 && self[0] == UInt8(ascii: "\"") && self[count - 1] == self[0] {
      return .doubtful("the quotation marks are part of it")
    }
    for index in 1..<Swift.max(1, count)
    where self[index] == UInt8(ascii: "#") && self[index - 1].isBlank {
      return .doubtful("the # and all behind it is part of it; comments have lines of their own")
    }
    return nil
  }

  /// Whether this is what other formats write between a key and its value.
  var beginsWithEqualsSign: Bool { firstWord.equals("=") }

  /// The Boolean that this word is.
  func boolean() throws(ConfigurationError.Reason) -> Bool {
    if equals("true") || equals("1") { return true }
    if equals("false") || equals("0") { return false }
    if looksLike("true") || looksLike("yes") || looksLike("on") { throw .invalid("write true") }
    if looksLike("false") || looksLike("no") || looksLike("off") { throw .invalid("write false") }
    throw .notBoolean
  }

  /// The number that this word is, when it is within the bounds.
  func number(within bounds: Bounds) throws(ConfigurationError.Reason) -> Int64 {
    guard let number else { throw .notNumber }
    let (least, most) = (Int64(bounds.least), Int64(bounds.most))
    if bounds.limit != nil, number > most { return most }
    // Whatever is below stands for no limit, as in Mosquitto.
    if least == -1, number < least { return least }
    guard number >= least, number <= most else { throw .outOfRange(least: least, most: most) }
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

  /// The transport that this word names.
  func transport() throws(ConfigurationError.Reason) -> Transport {
    if equals("mqtt") { return .mqtt }
    if equals("websockets") { return .webSockets }
    throw .invalid("it is neither mqtt nor websockets")
  }

  /// The lowest version of TLS that this word names; those before 1.2 are broken, and 1.2 is the lowest.
  func tlsVersion() throws(ConfigurationError.Reason) -> TLSVersion {
    if equals("tlsv1.2") || isOldTLSVersion { return .version12 }
    if equals("tlsv1.3") { return .version13 }
    throw .invalid("it is neither tlsv1.2 nor tlsv1.3")
  }

  var isOldTLSVersion: Bool { equals("tlsv1.1") || equals("tlsv1.0") || equals("tlsv1") }

  /// The versions of MQTT in a list such as `3,4,5`; an element without a number is skipped.
  func versions() throws(ConfigurationError.Reason) -> VersionSet {
    var versions = VersionSet.none
    var isNumberExpected = true
    for index in indices where !self[index].isBlank {
      if isNumberExpected {
        if self[index] == UInt8(ascii: ",") { continue }
        let level = self[index] &- UInt8(ascii: "0")
        guard let version = ProtocolVersion(rawValue: level) else { throw .noVersions }
        versions.insert(version)
      } else if self[index] != UInt8(ascii: ",") {
        throw .noVersions
      }
      isNumberExpected.toggle()
    }
    guard !versions.isEmpty else { throw .noVersions }
    return versions
  }

  /// The permissions that this word of octal digits names.
  func fileMode() throws(ConfigurationError.Reason) -> UInt16 {
    var mode: UInt16 = 0
    for index in indices {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 8, count <= 4 else { throw .noMode }
      mode = mode << 3 | UInt16(digit)
    }
    guard mode & 0o777 == mode else { throw .noMode }
    return mode
  }

  /// Throws unless this can stand before a Topic Name. [4.7.1]
  func checkMountPoint() throws(ConfigurationError.Reason) {
    for index in indices where self[index] == UInt8(ascii: "+") || self[index] == UInt8(ascii: "#")
    {
      throw .invalid("it holds a wildcard")
    }
    let most = Limits().topicBytes - 1
    guard count <= most else { throw .aboveLimit("topicBytes", Int64(most)) }
  }

  /// What this word says is to become of a message for a full queue.
  func policy() throws(ConfigurationError.Reason) -> QueueFull {
    if equals("reject") { return .reject }
    if equals("drop_oldest") { return .dropOldest }
    if equals("drop_newest") { return .dropNewest }
    if equals("end_session") { return .endSession }
    throw .invalid("it is none of drop_newest, drop_oldest, end_session and reject")
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

extension ConfigurationError.Reason {
  fileprivate static var noVersions: ConfigurationError.Reason {
    .invalid("a list of 3, 4 and 5 is expected, as in 4,5")
  }

  fileprivate static var noMode: ConfigurationError.Reason {
    .invalid("three octal digits are expected, as in 660")
  }
}
