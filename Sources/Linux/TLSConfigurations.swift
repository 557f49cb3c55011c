import Board

/// What each listener shows to those who come by TLS, and asks of them; nothing for the others.
///
/// A copy is counted only where it says so: whoever keeps one holds it, and gives it up.
package struct TLSConfigurations: BitwiseCopyable {
  private var made = Limits.PerListener<TLSConfiguration?>(repeating: nil)

  /// No listener has TLS.
  package init() {}

  subscript(listener: Int) -> TLSConfiguration? {
    get { made[listener] }
    set { made[listener] = newValue }
  }

  /// Holds all of it once more.
  func hold() {
    for listener in 0..<made.count { made[listener]?.hold() }
  }

  /// Gives all of it up.
  mutating func release() {
    for listener in 0..<made.count {
      made[listener]?.release()
      made[listener] = nil
    }
  }
}
