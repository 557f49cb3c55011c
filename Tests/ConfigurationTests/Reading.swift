import Memory

@testable import Configuration

/// What became of a configuration: its settings, and what is told of its lines.
struct Reading {
  var settings = Settings()
  /// What is wrong, in the order in which it is told.
  var errors: [String] = []
  /// What is said without being an error.
  var warnings: [String] = []
  /// What is told of first.
  var error: String? { errors.first }

  init(_ text: String, arguments: [String] = []) {
    self.init(bytes: Array(text.utf8), arguments: arguments)
  }

  init(bytes: [UInt8], arguments: [String] = []) {
    var parser = ConfigurationParser()
    while let demand = parser.next(in: bytes.span, for: &settings) {
      if case .remark(let remark) = demand { take(remark, bytes) }
    }
    do throws(ConfigurationError) { try settings.finish(with: options(arguments)) } catch {
      take(error, bytes)
    }
    for number in 0...settings.listenerCount {
      if let remark = settings.remark(ofListener: number) {
        take(remark, settings.texts.indices.map { settings.texts[$0] })
      }
    }
  }

  private mutating func take(_ remark: ConfigurationError, _ bytes: [UInt8]) {
    var line = Line()
    remark.describe(file: Array("a.conf".utf8).span, text: bytes.span, in: &line)
    if remark.isWarning {
      warnings.append(string(line.span))
    } else {
      errors.append(string(line.span))
    }
  }

  /// The security of the first listener.
  var security: SecuritySettings { settings.listener(at: 0).security }
  /// The encryption of the first listener.
  var tls: TLSSettings { settings.listener(at: 0).tls }

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
  /// The names of all settings.
  static var settingNames: [String] {
    [
      BooleanSetting.names, NumberSetting.names, TextSetting.names, ListenerTextSetting.names,
      SecurityTextSetting.names, WordsSetting.names,
    ].flatMap(words)
  }

  /// The names of the keys that a configuration may have.
  static var allNames: [String] { settingNames + ignoredNames }
  /// The names of Mosquitto's keys that have no effect.
  static var ignoredNames: [String] { words(IgnoredKey.names) }
  /// The names of Mosquitto's keys that are not here.
  static var refusedNames: [String] { words(RefusedKey.names) + words(RefusedKey.bridgeNames) }

  private static func words(_ names: StaticString) -> [String] {
    names.description.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
  }

  init?(_ name: String) {
    guard let key = Key.named(Array(name.utf8).span) else { return nil }
    self = key
  }
}
