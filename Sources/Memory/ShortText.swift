/// At most 255 bytes of text held in place: paths, addresses, prefixes of the configuration.
package struct ShortText: BitwiseCopyable {
  private var bytes = InlineArray<256, UInt8>(repeating: 0)

  package init() {}

  /// Copies `text`; nil when it is longer than 255 bytes.
  package init?(_ text: Span<UInt8>) {
    guard text.count < 256 else { return nil }
    for index in text.indices { bytes[index] = text[index] }
    bytes[255] = UInt8(text.count)
  }

  package var count: Int { Int(bytes[255]) }
  package var isEmpty: Bool { count == 0 }

  /// The bytes; the one after the last is zero, as C expects, for up to 254 of them.
  package var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(0..<count) }
  }
}
