import Access
import Board
import CLinux
import Linux
import Memory

/// Runs `swiftlet passwd`; what the program ends with.
@inline(never)
func runPasswordCommand(
  _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>
) -> Int32 {
  var options = PasswordOptions()
  var index = 2
  while index < Int(count) {
    guard let own = unsafe argument(at: index, count, arguments) else { break }
    switch options.consume(own, next: unsafe argument(at: index + 1, count, arguments)) {
    case .mistake: return showUsage()
    case .one: index += 1
    case .both: index += 2
    }
  }
  if let mistake = options.mistake {
    complain(mistake)
    return count > 2 ? ExitStatus.failure : showUsage()
  }
  return edit(options)
}

private func argument(
  at index: Int, _ count: Int32,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>
) -> Argument? {
  guard index < Int(count), let text = unsafe arguments[index] else { return nil }
  return unsafe Argument(text)
}

private func showUsage() -> Int32 {
  Standard.error.write(PasswordOptions.usage)
  return ExitStatus.failure
}

func complain(_ words: StaticString) {
  Standard.error.write("Error: ")
  Standard.error.write(words)
  Standard.error.write(".\n")
}

/// Reads the file, changes it in memory, and puts it back whole.
@inline(never)
private func edit(_ options: PasswordOptions) -> Int32 {
  let capacity = Limits().configurationBytes
  guard let base = unsafe linux_map(UInt64(PasswordEditor.byteCount(capacity))) else {
    complain("there is not enough memory")
    return ExitStatus.failure
  }
  var region = unsafe Region(base, byteCount: PasswordEditor.byteCount(capacity))
  var editor = PasswordEditor(capacity: capacity, in: &region)
  region.seal()
  guard options.isNew || editor.read(options.file) else { return ExitStatus.failure }
  let isChanged =
    switch options.action {
    case .set: editor.set(options)
    case .delete: editor.delete(options)
    case .upgrade: editor.upgrade(options)
    }
  return isChanged && editor.write(options.file) ? ExitStatus.success : ExitStatus.failure
}
