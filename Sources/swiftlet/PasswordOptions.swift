import Access

/// What `swiftlet passwd` is asked to do: the command line of mosquitto_passwd.
struct PasswordOptions: BitwiseCopyable {
  enum Action {
    /// Sets the password of a user, and adds the user if need be.
    case set
    /// Takes a user out.
    case delete
    /// Hashes the passwords that are written down as they are.
    case upgrade
  }

  private(set) var action = Action.set
  private(set) var scheme = PasswordHash.Scheme.pbkdf2
  private(set) var iterations: UInt32 = 1000
  /// Whether to begin with an empty file.
  private(set) var isNew = false
  /// Whether the password is on the command line.
  private(set) var isBatch = false
  private var texts = InlineArray<3, Argument>(repeating: Argument())
  private var textCount = 0

  var file: Span<UInt8> {
    @_lifetime(immortal) get { texts[0].span }
  }
  var user: Span<UInt8> {
    @_lifetime(immortal) get { texts[1].span }
  }
  var password: Span<UInt8> {
    @_lifetime(immortal) get { texts[2].span }
  }

  static var usage: StaticString {
    """
    swiftlet passwd keeps password files, as mosquitto_passwd does.

    Usage: swiftlet passwd [-H HASH] [-I ITERATIONS] [-c | -D] FILE USER
           swiftlet passwd [-H HASH] [-I ITERATIONS] [-c] -b FILE USER PASSWORD
           swiftlet passwd [-H HASH] [-I ITERATIONS] -U FILE
     -b : take the password from the command line, where others may see it.
     -c : begin a new file. One that is there is overwritten.
     -D : delete the user.
     -H : sha512-pbkdf2 (the default), or sha512 for Mosquitto before 1.7.
     -I : iterations of sha512-pbkdf2; 1000 unless it is said.
     -U : hash the passwords of a file that holds them as they are.

    """
  }

  /// What is wrong with the options; nil when they are complete.
  var mistake: StaticString? {
    if isNew && action == .delete { return "-c and -D cannot be used together" }
    if action == .upgrade && (isNew || isBatch) { return "-U cannot be used with -c or -b" }
    let wanted = action == .upgrade ? 1 : isBatch ? 3 : 2
    if isBatch && action == .delete { return "-b and -D cannot be used together" }
    if textCount != wanted { return "a file and a user are expected" }
    return action == .upgrade ? nil : mistakeOfUser
  }

  private var mistakeOfUser: StaticString? {
    if user.isEmpty || user[0] == UInt8(ascii: "#") || !PasswordHash.isUserName(user) {
      return "this cannot be the name of a user"
    }
    for index in user.indices where user[index] == UInt8(ascii: ":") {
      return "Username must not contain the ':' character"
    }
    return nil
  }

  /// Takes the arguments in turn, options first; false when one cannot be what it is.
  mutating func consume(_ argument: Argument, next: Argument?) -> Consumed {
    let option = argument.span
    guard textCount == 0, option.count == 2, option[0] == UInt8(ascii: "-") else {
      return consume(text: argument)
    }
    switch option[1] {
    case UInt8(ascii: "b"): isBatch = true
    case UInt8(ascii: "c"): isNew = true
    case UInt8(ascii: "D"): action = .delete
    case UInt8(ascii: "U"): action = .upgrade
    case UInt8(ascii: "H"):
      guard let next, consume(scheme: next.span) else { return .mistake }
      return .both
    case UInt8(ascii: "I"):
      guard let next, let number = PasswordHash.iterations(in: next.span) else { return .mistake }
      iterations = number
      return .both
    default: return .mistake
    }
    return .one
  }

  enum Consumed { case mistake, one, both }

  private mutating func consume(scheme name: Span<UInt8>) -> Bool {
    if name.equals("sha512") {
      scheme = .sha512
    } else if name.equals("sha512-pbkdf2") {
      scheme = .pbkdf2
    } else {
      return false
    }
    return true
  }

  private mutating func consume(text: Argument) -> Consumed {
    guard textCount < texts.count else { return .mistake }
    texts[textCount] = text
    textCount += 1
    return .one
  }
}
