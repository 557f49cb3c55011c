import FuzzSupport
import Glibc
import Memory
import WebSocket

/// The header of a proxy in either version: what is taken is taken with any bytes behind it, what is
/// refused is refused whatever follows, and the address is the one that the system reads there.
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private enum Reading: Equatable {
  case more
  case refused
  case taken(Peer, Int)

  static func == (left: Reading, right: Reading) -> Bool {
    switch (left, right) {
    case (.more, .more), (.refused, .refused): true
    case (.taken(let one, let count), .taken(let other, let otherCount)):
      one == other && count == otherCount
    default: false
    }
  }
}

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = unsafe Input(start, count)
  let version = input.byte() & 1 + 1
  let bytes = input.rest()
  var last = Reading.more
  for count in 0...min(bytes.count, ProxyHeader.neededMax + 2) {
    let now = read(Array(bytes.prefix(count)), version)
    require(last == .more || last == now, "\(now) after \(last)")
    last = now
  }
  require(last == read(bytes, version), "it needs more than it says")
  require(last != .more || bytes.count < ProxyHeader.neededMax, "it never knows")
  check(last, bytes, version)
  return 0
}

private func read(_ bytes: [UInt8], _ version: UInt8) -> Reading {
  var work = Work(.max)
  do throws(ProxyViolation) {
    guard let header = try ProxyHeader.read(bytes.span, version: version, &work) else {
      return .more
    }
    return .taken(header.peer, header.count)
  } catch {
    return .refused
  }
}

private func check(_ reading: Reading, _ bytes: [UInt8], _ version: UInt8) {
  if version == 1 { return checkLine(reading, bytes) }
  guard case .taken(let peer, let count) = reading else { return }
  require(count == 16 + Int(bytes[14]) << 8 + Int(bytes[15]), "\(count) bytes")
  switch (bytes[12], bytes[13]) {
  case (0x21, 0x11):
    let port = UInt16(number(bytes[24..<26]))
    require(peer == Peer(version4: UInt32(number(bytes[16..<20])), port: port), "version 4")
  case (0x21, 0x21):
    let (low, port) = (number(bytes[24..<32]), UInt16(number(bytes[48..<50])))
    require(peer == Peer(version6: number(bytes[16..<24]), low, port: port), "version 6")
  default: require(peer == .none, "an address from nowhere")
  }
}

/// Version 1 again, word by word, with the system's own reader of addresses.
private func checkLine(_ reading: Reading, _ bytes: [UInt8]) {
  guard let end = bytes.prefix(ProxyHeader.neededMax).firstIndex(of: UInt8(ascii: "\n")), end > 0,
    bytes[end - 1] == UInt8(ascii: "\r")
  else {
    if case .taken = reading { fatalError("a line without end") }
    return
  }
  let words = bytes[..<(end - 1)].split(
    separator: UInt8(ascii: " "), omittingEmptySubsequences: false
  ).map { String(decoding: $0, as: UTF8.self) }
  guard words.first == "PROXY", words.count > 1 else {
    return require(reading == .refused, "no header was taken")
  }
  if words[1] == "UNKNOWN" {
    return require(reading == .taken(.none, end + 1), "an unknown address")
  }
  guard words.count == 6, let port = portNumber(words[4]), portNumber(words[5]) != nil,
    let source = peer(words[2], words[1], port), peer(words[3], words[1], 0) != nil
  else { return require(reading == .refused, "a wrong line was taken: \(words)") }
  require(reading == .taken(source, end + 1), "\(words) were read as \(reading)")
}

private func portNumber(_ word: String) -> UInt16? {
  guard let number = UInt16(word), "\(number)" == word else { return nil }
  return number
}

/// The system's reading; a point in an address of the sixth version is not among what proxies send.
private func peer(_ word: String, _ family: String, _ port: UInt16) -> Peer? {
  var bytes = [UInt8](repeating: 0, count: 16)
  let isFour = family == "TCP4"
  guard isFour || (family == "TCP6" && !word.contains(".")), !word.utf8.contains(0) else {
    return nil
  }
  guard unsafe inet_pton(isFour ? AF_INET : AF_INET6, word, &bytes) == 1 else { return nil }
  if isFour { return Peer(version4: UInt32(number(bytes[0..<4])), port: port) }
  return Peer(version6: number(bytes[0..<8]), number(bytes[8..<16]), port: port)
}

private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reduce(0) { $0 << 8 | UInt64($1) }
}
