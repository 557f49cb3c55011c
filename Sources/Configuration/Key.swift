/// One key of the configuration: what kind of value it takes and which setting it is for.
///
/// The keys themselves are the cases of the settings in `Key+Booleans.swift`, `Key+Numbers.swift`,
/// `Key+Texts.swift`, `Key+Words.swift` and `Key+Foreign.swift`. Whoever adds one adds a case there, whose
/// comment is all there is to be known of the key:
///
///     /// `key VALUE|word [VALUE]`
///     ///
///     /// What the manual says of it.
///     /// - Section: of the manual, and a number for one that is to stand in front of the others
///     /// - Mosquitto: same, ours, not yet, or differs: WHAT
///
/// The compiler then asks for what it does. `make documents` writes the names (`Key+Names.swift`), the
/// manual page and the table in `Board/operations.md`; `make test` fails where one of them is old.
enum Key: Equatable {
  /// `true` or `false`.
  case boolean(BooleanSetting)
  /// A whole number within bounds.
  case number(NumberSetting)
  /// The rest of the line; may be given once.
  case text(TextSetting)
  /// The same, once for each listener.
  case listenerText(ListenerTextSetting)
  /// The same, once or once for each listener: `per_listener_settings` says which.
  case securityText(SecurityTextSetting)
  /// One of a few words, or words with a rule of their own.
  case words(WordsSetting)
  /// A key of Mosquitto that has no effect here and does no harm.
  case ignored(IgnoredKey)
  /// A key of Mosquitto that is not here.
  case refused(RefusedKey)
}

extension Key {
  /// The key of that name.
  static func named(_ name: Span<UInt8>) -> Key? {
    if let place = name.place(in: BooleanSetting.names) {
      return BooleanSetting(rawValue: place).map { .boolean($0) }
    }
    if let place = name.place(in: NumberSetting.names) {
      return NumberSetting(rawValue: place).map { .number($0) }
    }
    if let place = name.place(in: WordsSetting.names) {
      return WordsSetting(rawValue: place).map { .words($0) }
    }
    return text(name) ?? foreign(name)
  }

  private static func text(_ name: Span<UInt8>) -> Key? {
    if let place = name.place(in: TextSetting.names) {
      return TextSetting(rawValue: place).map { .text($0) }
    }
    if let place = name.place(in: ListenerTextSetting.names) {
      return ListenerTextSetting(rawValue: place).map { .listenerText($0) }
    }
    if let place = name.place(in: SecurityTextSetting.names) {
      return SecurityTextSetting(rawValue: place).map { .securityText($0) }
    }
    return nil
  }

  /// The key of Mosquitto of that name that is not here.
  private static func foreign(_ name: Span<UInt8>) -> Key? {
    if let place = name.place(in: IgnoredKey.names) {
      return IgnoredKey(rawValue: place).map { .ignored($0) }
    }
    if let place = name.place(in: RefusedKey.names) {
      return RefusedKey(rawValue: place).map { .refused($0) }
    }
    if name.begins(with: "plugin_opt_") || name.begins(with: "auth_opt_") {
      return .refused(.plugin)
    }
    let isOfBridge = name.begins(with: "bridge_") || name.place(in: RefusedKey.bridgeNames) != nil
    return isOfBridge ? .refused(.connection) : nil
  }
}
