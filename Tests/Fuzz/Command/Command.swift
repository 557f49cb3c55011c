import FuzzSupport
import Memory

@testable import Configuration
@testable import PasswordCommand

/// The arguments of `swiftlet` and of `swiftlet passwd`: each is taken, or something is said.
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let arguments = unsafe lines(Array(UnsafeBufferPointer(start: start, count: count))).map {
    Array($0.prefix { $0 != 0 })
  }
  takeOptions(arguments)
  takePasswordOptions(arguments)
  return 0
}

private func takeOptions(_ arguments: [[UInt8]]) {
  var options = CommandLineOptions()
  var ports = 0
  for argument in arguments {
    do throws(CommandLineError) { try options.consume(argument.span) } catch {
      return check(error, argument)
    }
    require(options.portCount - ports <= 1, "ports from nowhere")
    ports = options.portCount
  }
  do throws(CommandLineError) { try options.finish() } catch { return check(error, []) }
  for index in 0..<options.portCount { require(options.port(at: index) > 0, "port 0") }
  let path = options.configurationFile
  require(
    path.isEmpty || arguments.contains(Array(path.span.indices.map { path.span[$0] })), "path")
}

private func check(_ error: CommandLineError, _ argument: [UInt8]) {
  var line = Line()
  error.describe(argument: argument.span, in: &line)
  let words = line.span.indices.map { line.span[$0] }
  require(!words.isEmpty && words.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "an unreadable error")
}

/// The texts stand behind one another, each ended by a zero, as the system gives them.
private func takePasswordOptions(_ arguments: [[UInt8]]) {
  var memory = Array(arguments.map { $0 + [0] }.joined())
  unsafe memory.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return }
    var places: [Argument] = []
    var start = 0
    for argument in arguments {
      unsafe places.append(Argument(base + start))
      start += argument.count + 1
    }
    takePasswordOptions(places, arguments)
  }
}

private func takePasswordOptions(_ places: [Argument], _ arguments: [[UInt8]]) {
  var options = PasswordOptions()
  var index = 0
  while index < places.count {
    let next = index + 1 < places.count ? places[index + 1] : nil
    switch options.consume(places[index], next: next) {
    case .mistake: return
    case .one: index += 1
    case .both: index += 2
    }
    require(index <= places.count, "an argument from nowhere")
  }
  guard options.mistake == nil else { return }
  require(options.iterations >= 1, "no iterations")
  require(options.file.indices.map { options.file[$0] } == texts(arguments, options)[0], "file")
  guard options.action != .upgrade else { return }
  let user = options.user.indices.map { options.user[$0] }
  require(user == texts(arguments, options)[1], "user")
  let bad = [UInt8(ascii: ":"), UInt8(ascii: "\n"), 0x7F]
  require(!user.isEmpty && !user.contains(where: bad.contains), "this user breaks the file")
}

/// The arguments behind the options.
private func texts(_ arguments: [[UInt8]], _ options: PasswordOptions) -> [[UInt8]] {
  let count = options.action == .upgrade ? 1 : options.isBatch ? 3 : 2
  return Array(arguments.suffix(count))
}
