import Broker
import CLinux
import Configuration
import Linux
import Memory
import Server

// Where clients may connect: sockets of ports, of interfaces, of the file system.
extension Program {
  /// Opens a socket, or two, for each listener; false, and why is told, when one cannot be.
  mutating func openListeners(_ rights: borrowing Rights) -> Bool {
    let settings = server.console.settings
    var opened: Int32 = 0
    for index in 0..<settings.listenerCount {
      let listener = settings.listener(at: index)
      let count = open(listener, number: index, settings, rights)
      opened += max(0, count)
      let mayFail = settings.isLocalOnly && count != -LINUX_ERROR_IN_USE
      guard count > 0 || mayFail else { return false }
    }
    return opened > 0
  }

  /// How many sockets were opened, or a negative errno.
  private mutating func open(
    _ listener: Listener, number: Int, _ settings: Settings, _ rights: borrowing Rights
  ) -> Int32 {
    if let inherited = inherited(for: listener, settings) {
      server.network.add(listener: inherited, number: number)
      tell(.information, "Using a listen socket that was handed over.")
      return 1
    }
    if !listener.unixPath.isEmpty { return openLocal(listener, number, settings, rights) }
    if !listener.interface.isEmpty { return openOnInterface(listener, number, settings) }
    return openPorts(listener, number, settings)
  }

  /// A socket at the address, or for a name at each that it has; how many, or a negative errno.
  private mutating func openPorts(
    _ listener: Listener, _ number: Int, _ settings: Settings
  ) -> Int32 {
    unsafe settings.span(of: listener.address).withUnsafeBufferPointer { address in
      guard !listener.address.isEmpty, let text = address.baseAddress else {
        return unsafe openPort(listener, number, family: listener.family, at: nil)
      }
      guard unsafe linux_is_name(text) else {
        return unsafe openPort(listener, number, family: listener.family, at: text)
      }
      return unsafe openPorts(listener, number, named: text)
    }
  }

  private mutating func openPorts(
    _ listener: Listener, _ number: Int, named name: UnsafePointer<UInt8>
  ) -> Int32 {
    var opened: Int32 = 0
    let families: InlineArray<2, SocketFamily> = [.version4, .version6]
    for index in families.indices {
      let family = families[index]
      guard listener.family == .any || listener.family == family else { continue }
      guard unsafe linux_can_bind(name, Int32(family.rawValue)) >= 0 else { continue }
      let result = unsafe openPort(listener, number, family: family, at: name)
      guard result >= 0 else { return result }
      opened += result
    }
    if opened == 0 { complain(ofAddress: listener, server.console.settings) }
    return opened == 0 ? -LINUX_ERROR_INVALID : opened
  }

  private mutating func complain(ofAddress listener: Listener, _ settings: Settings) {
    var line = Line()
    line.append("Error: Unable to listen at ")
    line.append(foreign: settings.span(of: listener.address).extracting(first: 254))
    line.append(", port ")
    line.append(UInt64(listener.port))
    line.append(": it is no address of this machine; names are looked up in /etc/hosts alone.")
    server.console.write(line, .error)
  }

  /// Whether each listener could be opened, were its port free; what could not be is told.
  @inline(never)
  mutating func canListen(_ rights: borrowing Rights) -> Bool {
    let settings = server.console.settings
    var can = true
    for index in 0..<settings.listenerCount where !settings.isLocalOnly {
      if !canListen(settings.listener(at: index), settings, rights) { can = false }
    }
    return can
  }

  private mutating func canListen(
    _ listener: Listener, _ settings: Settings, _ rights: borrowing Rights
  ) -> Bool {
    guard listener.unixPath.isEmpty else {
      let result = rights.mayWrite(settings.span(of: listener.unixPath))
      var line = Line()
      line.append("Error: Unable to open unix listen socket on path ")
      line.append(foreign: settings.span(of: listener.unixPath))
      if result < 0 { tell(failure: result, &line) }
      return result >= 0
    }
    guard listener.interface.isEmpty else { return canListenOnInterface(listener, settings) }
    guard !listener.address.isEmpty else { return true }
    let result = unsafe settings.span(of: listener.address).withUnsafeBufferPointer { address in
      guard let text = address.baseAddress else { return Int32(0) }
      return unsafe linux_can_bind(text, Int32(listener.family.rawValue))
    }
    if result < 0 { complain(ofAddress: listener, settings) }
    return result >= 0
  }

  private mutating func canListenOnInterface(_ listener: Listener, _ settings: Settings) -> Bool {
    var text = InlineArray<64, UInt8>(repeating: 0)
    let four = find(listener, settings, .version4, in: &text)
    let six = find(listener, settings, .version6, in: &text)
    if four == -LINUX_ERROR_NO_DEVICE {
      complain(ofInterface: listener, settings, "does not exist")
    }
    if four == 0 && six <= 0 { complain(ofInterface: listener, settings, "has no such address") }
    return four > 0 || six > 0
  }

  /// A socket that the supervisor has opened where this listener is to be.
  private func inherited(for listener: Listener, _ settings: Settings) -> Int32? {
    let first: Int32 = 3
    let address = settings.span(of: listener.address)
    let path = settings.span(of: listener.unixPath)
    for descriptor in first..<first + Int32(linux_inherited_sockets()) {
      let fits = unsafe address.withUnsafeBufferPointer { address in
        unsafe path.withUnsafeBufferPointer { path in
          unsafe linux_listens_at(
            descriptor, listener.unixPath.isEmpty ? nil : path.baseAddress,
            listener.address.isEmpty ? nil : address.baseAddress, listener.port,
            Int32(listener.family.rawValue))
        }
      }
      if fits == 1 { return descriptor }
    }
    return nil
  }

  /// A socket in the file system, which belongs to the user, so that it can be removed at the end.
  private mutating func openLocal(
    _ listener: Listener, _ number: Int, _ settings: Settings, _ rights: borrowing Rights
  ) -> Int32 {
    let socket = rights.asUser {
      unsafe settings.span(of: listener.unixPath).withUnsafeBufferPointer { path in
        guard let start = path.baseAddress else { return Int32(-LINUX_ERROR_INVALID) }
        return unsafe linux_listen_unix(start, UInt32(listener.unixMode), 1024)
      }
    }
    var line = Line()
    line.append(socket < 0 ? "Error: Unable to open" : "Opening")
    line.append(" unix listen socket on path ")
    line.append(foreign: settings.span(of: listener.unixPath))
    return finish(&line, socket, number)
  }

  /// A socket for each version of IP that the interface has an address of.
  private mutating func openOnInterface(
    _ listener: Listener, _ number: Int, _ settings: Settings
  ) -> Int32 {
    var opened: Int32 = 0
    let families: InlineArray<2, SocketFamily> = [.version4, .version6]
    for index in families.indices {
      let family = families[index]
      guard listener.family == .any || listener.family == family else { continue }
      let result = openOnInterface(listener, number, settings, family)
      guard result >= 0 else { return result }
      opened += result
    }
    if opened == 0 { complain(ofInterface: listener, settings, "has no such address") }
    return opened == 0 ? -LINUX_ERROR_INVALID : opened
  }

  private mutating func openOnInterface(
    _ listener: Listener, _ number: Int, _ settings: Settings, _ family: SocketFamily
  ) -> Int32 {
    var text = InlineArray<64, UInt8>(repeating: 0)
    let length = find(listener, settings, family, in: &text)
    if length == -LINUX_ERROR_NO_DEVICE {
      complain(ofInterface: listener, settings, "does not exist")
      return length
    }
    // An address of the other version was asked for.
    guard length > 0 else { return 0 }
    return unsafe text.span.withUnsafeBufferPointer { address in
      unsafe openPort(listener, number, family: family, at: address.baseAddress)
    }
  }

  private func find(
    _ listener: Listener, _ settings: Settings, _ family: SocketFamily,
    in text: inout InlineArray<64, UInt8>
  ) -> Int32 {
    var out = text.mutableSpan
    let name = settings.span(of: listener.interface)
    let address = settings.span(of: listener.address)
    return unsafe out.withUnsafeMutableBufferPointer { out in
      unsafe name.withUnsafeBufferPointer { name in
        unsafe address.withUnsafeBufferPointer { address in
          guard let name = name.baseAddress, let out = out.baseAddress else { return Int32(0) }
          let wanted = listener.address.isEmpty ? nil : address.baseAddress
          return unsafe linux_interface_address(name, Int32(family.rawValue), wanted, out)
        }
      }
    }
  }

  private mutating func complain(
    ofInterface listener: Listener, _ settings: Settings, _ words: StaticString
  ) {
    var line = Line()
    line.append("Error: Interface ")
    line.append(foreign: settings.span(of: listener.interface))
    line.append(" ")
    line.append(words)
    line.append(".")
    server.console.write(line, .error)
  }

  private mutating func openPort(
    _ listener: Listener, _ number: Int, family: SocketFamily, at address: UnsafePointer<UInt8>?
  ) -> Int32 {
    let socket = unsafe linux_listen_tcp(
      address, listener.port, Int32(family.rawValue), 1024, nil)
    var line = Line()
    line.append(socket < 0 ? "Error: Unable to open " : "Opening ")
    line.append(family == .version6 ? "ipv6" : "ipv4")
    line.append(" listen socket on port ")
    line.append(UInt64(listener.port))
    if socket < 0, let address = unsafe address {
      line.append(" at ")
      unsafe line.append(foreign: Span(_unsafeStart: address, count: length(of: address)))
    }
    return finish(&line, socket, number)
  }

  /// Tells how it went, and waits on the socket from now on; one, or a negative errno.
  private mutating func finish(_ line: inout Line, _ socket: Int32, _ number: Int) -> Int32 {
    guard socket >= 0 else {
      tell(failure: socket, &line)
      return socket
    }
    line.append(".")
    if server.console.settings.logTypes.rawValue & LogLevel.information.rawValue != 0 {
      server.console.write(line, .information)
    }
    server.network.add(listener: socket, number: number)
    return 1
  }

  /// Ends a line with why something failed, and writes it.
  private mutating func tell(failure: Int32, _ line: inout Line) {
    line.append(": ")
    line.append(systemError: failure)
    line.append(".")
    guard server.console.settings.logTypes.rawValue & LogLevel.error.rawValue != 0 else { return }
    server.console.write(line, .error)
  }

  /// Removes our sockets from the file system; those that were handed over stay.
  @inline(never)
  func removeSockets() {
    let settings = server.console.settings
    for index in 0..<settings.listenerCount {
      let listener = settings.listener(at: index)
      guard !listener.unixPath.isEmpty, inherited(for: listener, settings) == nil else { continue }
      unsafe settings.span(of: listener.unixPath).withUnsafeBufferPointer { path in
        if let start = path.baseAddress { _ = unsafe linux_remove_file(start) }
      }
    }
  }
}
