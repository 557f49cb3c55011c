import FuzzSupport
import Memory

@testable import Configuration

/// A configuration file: it ends in settings that can be used, or in an error that can be told.
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var settings = Settings()
  var parser = ConfigurationParser()
  while let demand = parser.next(in: text.span, for: &settings) {
    switch demand {
    case .remark(let remark): check(remark, text)
    case .inclusion(let range):
      require(range.upperBound <= text.count, "included beyond the text")
    }
  }
  do throws(ConfigurationError) {
    try settings.finish(with: CommandLineOptions())
    check(settings)
    for number in 0...settings.listenerCount {
      guard let remark = settings.remark(ofListener: number) else { continue }
      check(remark, text, settings.texts.indices.map { settings.texts[$0] })
    }
  } catch {
    check(error, text)
  }
  return 0
}

private func check(_ settings: Settings) {
  require(settings.listenerCount > 0, "no listener")
  for index in 0..<settings.listenerCount {
    let address = settings.span(of: settings.listener(at: index).address)
    require(address.count < 256, "an address of \(address.count) bytes")
  }
}

private func check(_ error: ConfigurationError, _ text: [UInt8], _ values: [UInt8]? = nil) {
  let lines = text.count { $0 == UInt8(ascii: "\n") } + 1
  require((0...lines).contains(error.line), "line \(error.line) of \(lines)")
  var line = Line()
  let name = Array("a.conf".utf8)
  let values = values ?? text
  error.describe(file: name.span, text: values.span, in: &line)
  let words = line.span.indices.map { line.span[$0] }
  require(words.last == UInt8(ascii: "."), "the error does not end")
  require(words.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "the error has control characters")
}
