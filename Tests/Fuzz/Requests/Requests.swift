import FuzzSupport
import Memory
import WebSocket

/// A request for a WebSocket: it is read alike wherever it is cut, and what is taken has each thing
/// that the standard asks for. [RFC 6455, 4.2.1]
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private enum Reading: Equatable {
  case more
  case refused(RequestRefusal)
  case whole(Int)
}

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = unsafe Input(start, count)
  let seed = input.byte()
  let limit = seed & 2 == 0 ? 8192 : Int(input.byte()) * 4
  let bytes = input.rest()
  let whole = scan([bytes], limit)
  require(whole == scan(bytes.map { [$0] }, limit), "byte by byte it is another")
  require(whole == scan(pieces(of: bytes, cut: seed), limit), "in pieces it is another")
  switch whole {
  case .whole(let count): check(Array(bytes.prefix(count)), limit)
  case .refused(let refusal): checkAnswer(refusal)
  case .more: require(bytes.count <= limit, "longer than its limit")
  }
  return 0
}

private func scan(_ pieces: [[UInt8]], _ limit: Int) -> Reading {
  var scanner = RequestScanner()
  var before = 0
  var work = Work(.max)
  for piece in pieces {
    do throws(RequestRefusal) {
      if let end = try scanner.findEnd(in: piece.span, limit: limit, &work) {
        return .whole(before + end)
      }
    } catch {
      return .refused(error)
    }
    before += piece.count
    require(Int(scanner.count) == before, "\(scanner.count) bytes, not \(before)")
  }
  return .more
}

private func check(_ header: [UInt8], _ limit: Int) {
  require(header.count <= limit, "longer than its limit")
  require(header.suffix(4) == [13, 10, 13, 10], "it ends elsewhere")
  var work = Work(.max)
  do throws(RequestRefusal) {
    check(try UpgradeRequest(header.span, &work), header)
  } catch {
    checkAnswer(error)
  }
}

private func check(_ request: UpgradeRequest, _ header: [UInt8]) {
  let fields = fields(of: header)
  require(fields["host"]?.count == 1 && fields["sec-websocket-version"] == ["13"], "fields")
  require(
    fields["sec-websocket-key"] == [String(decoding: header[request.key], as: UTF8.self)], "key")
  let origin = request.origin.map { [String(decoding: header[$0], as: UTF8.self)] }
  require(fields["origin"] == origin, "another Origin")
  let offered = tokens(fields["sec-websocket-protocol"])
  let chosen = request.subprotocol?.name.description
  require(offered.first { $0 == "mqtt" || $0 == "mqttv3.1" } == chosen, "another sub-protocol")
  require(tokens(fields["upgrade"]).contains { $0.lowercased() == "websocket" }, "no upgrade")
  require(tokens(fields["connection"]).contains { $0.lowercased() == "upgrade" }, "no connection")
  require(fields["transfer-encoding"] == nil, "a body")
  require(fields["content-length"]?.allSatisfy { $0 == "0" } ?? true, "a body of some length")
  var line = Line()
  let key = WebSocketKey(header.span.extracting(request.key))
  require(key.span.count == 60, "\(key.span.count) bytes to be digested")
  if let subprotocol = request.subprotocol {
    HTTPAnswer.writeOpening(digest: KeyDigest(repeating: 7), subprotocol: subprotocol, to: &line)
  }
  require((1...HTTPAnswer.byteCountMax).contains(line.count), "an answer of \(line.count) bytes")
}

/// The fields by their names in small letters, as the obvious code cuts them; bytes beyond ASCII
/// are kept apart, each as a scalar of its own.
private func fields(of header: [UInt8]) -> [String: [String]] {
  var fields: [String: [String]] = [:]
  for line in lines(header).dropFirst() {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
    let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
    let value = String(decoding: trimmed(line[(colon + 1)...]), as: UTF8.self)
    fields[name, default: []].append(value)
  }
  return fields
}

private func tokens(_ values: [String]?) -> [String] {
  (values ?? []).flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }
    .map { String(decoding: trimmed($0), as: UTF8.self) }
}

private func checkAnswer(_ refusal: RequestRefusal) {
  var line = Line()
  HTTPAnswer.write(refusal, to: &line)
  require((1...HTTPAnswer.byteCountMax).contains(line.count), "an answer of \(line.count) bytes")
  require(refusal.words.utf8CodeUnitCount > 0, "a refusal without words")
}
