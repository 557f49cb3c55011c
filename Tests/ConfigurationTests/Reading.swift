import Memory

@testable import Configuration

/// What became of a configuration: its settings, or the line that says what is wrong.
struct Reading {
  var settings = Settings()
  var error: String?

  init(_ text: String, arguments: [String] = []) {
    self.init(bytes: Array(text.utf8), arguments: arguments)
  }

  init(bytes: [UInt8], arguments: [String] = []) {
    do throws(ConfigurationError) {
      try ConfigurationParser.parse(bytes.span, into: &settings)
      try settings.finish(with: options(arguments))
    } catch {
      var line = Line()
      error.describe(file: Array("a.conf".utf8).span, text: bytes.span, in: &line)
      self.error = string(line.span)
    }
  }

  func text(_ reference: TextReference) -> String { string(settings.span(of: reference)) }

  /// The listeners as `address:port/family`.
  var listeners: [String] {
    (0..<settings.listenerCount).map { index in
      let listener = settings.listener(at: index)
      return "\(text(listener.address)):\(listener.port)/\(listener.family.rawValue)"
    }
  }
}

func string(_ span: Span<UInt8>) -> String {
  String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
}

/// The options of a command line that has no error.
func options(_ arguments: [String]) -> CommandLineOptions {
  var options = CommandLineOptions()
  for argument in arguments { try? options.consume(Array(argument.utf8).span) }
  return options
}

extension Key {
  /// The names of all keys.
  static var allNames: [String] {
    let tables = (listenerKeys, clientKeys, programKeys)
    return tables.0.indices.map { tables.0[$0].name.description }
      + tables.1.indices.map { tables.1[$0].name.description }
      + tables.2.indices.map { tables.2[$0].name.description }
  }
}
