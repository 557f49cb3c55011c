import Memory

// Password files: who may connect.
extension Access {
  /// Reads a password file into the spare set, each line a name, a colon and a hash, until there is
  /// something to be told of a line, or to the end.
  ///
  /// A line that is none of these lets nobody in; of two lines for one user the last counts. Both as in
  /// Mosquitto.
  package mutating func readPasswords(
    _ text: Span<UInt8>, security: Int, from place: inout FilePlace
  ) -> AccessError? {
    if place.isBeginning {
      let first = UInt32(spare.users)
      update(security) {
        $0.hasPasswords = true
        $0.firstUser = first
      }
    }
    var lines = FileLines(text, from: place)
    var remark: AccessError?
    while remark == nil, let line = lines.next() {
      remark = readUser(line, security, &lines.place)
    }
    place = lines.place
    let count = UInt32(spare.users) - spareSecurity(security).firstUser
    update(security) { $0.userCount = count }
    return remark
  }

  private mutating func readUser(
    _ line: Span<UInt8>, _ security: Int, _ place: inout FilePlace
  ) -> AccessError? {
    do throws(AccessError.Reason) {
      let isNew = try addUser(line, security)
      return isNew ? nil : AccessError(line: place.number, .duplicate, isWarning: true)
    } catch {
      if error.isFull { place.end() }
      return AccessError(line: place.number, error, isWarning: !error.isFull)
    }
  }

  /// Adds the user of a line; false when that user was there, and has what this line says now.
  private mutating func addUser(
    _ line: Span<UInt8>, _ security: Int
  ) throws(AccessError.Reason) -> Bool {
    let colon = line.firstIndex(of: UInt8(ascii: ":"))
    guard colon < line.count else { throw .noColon }
    let name = line.extracting(0..<colon).trimmed
    try checkName(name)
    let hash = try PasswordHash(parsing: line.extracting(colon + 1..<line.count).trimmed)
    let known = find(
      name, from: firstSpareUser + Int(spareSecurity(security).firstUser),
      firstSpareUser + spare.users)
    var (place, kept) = (known ?? 0, TextPlace(start: 0, count: 0))
    if let known {
      kept = users[known].name
    } else {
      place = try claimUser()
      kept = try keep(name)
    }
    users[place] = User(
      nameHash: self.hash(name), name: kept, security: UInt8(security), scheme: hash.scheme,
      iterations: hash.iterations, secret: try keep(hash))
    return known == nil
  }

  private mutating func keep(_ hash: PasswordHash) throws(AccessError.Reason) -> TextPlace {
    var secret = InlineArray<128, UInt8>(repeating: 0)
    for index in 0..<hash.saltCount { secret[index] = hash.salt[index] }
    for index in 0..<64 { secret[hash.saltCount + index] = hash.digest[index] }
    return try keep(secret.span.extracting(0..<hash.saltCount + 64))
  }

  private func find(_ name: Span<UInt8>, from start: Int, _ end: Int) -> Int? {
    let wanted = hash(name)
    for place in start..<end where users[place].nameHash == wanted {
      if text(users[place].name).equals(name) { return place }
    }
    return nil
  }

  private func user(_ name: Span<UInt8>, _ security: Int) -> Int? {
    let first = firstUser + Int(self[security].firstUser)
    return find(name, from: first, first + Int(self[security].userCount))
  }

  /// What the password of this user is hashed like; nil when there is no such user.
  package func password(of name: Span<UInt8>, security: Int) -> PasswordHash? {
    user(name, security).map { password(at: $0) }
  }

  /// A hash to be made for nothing, so that a user who is not there takes as long as another;
  /// nil when there are no users at all. The same name gets the same one.
  package func decoy(for name: Span<UInt8>, security: Int) -> PasswordHash? {
    let security = self[security]
    guard security.userCount > 0 else { return nil }
    let chosen = hash(name, after: 1) % security.userCount
    return password(at: firstUser + Int(security.firstUser + chosen))
  }

  /// A number that changes with the password of a user; zero when there is no such user.
  package func credential(of name: Span<UInt8>, security: Int) -> UInt32 {
    guard let place = user(name, security) else { return 0 }
    return hash(text(users[place].secret), after: users[place].iterations) | 1
  }

  private func password(at place: Int) -> PasswordHash {
    let user = users[place]
    let secret = text(user.secret)
    var hash = PasswordHash(
      user.scheme, iterations: user.iterations, saltCount: secret.count - 64)
    for index in 0..<hash.saltCount { hash.salt[index] = secret[index] }
    for index in 0..<64 { hash.digest[index] = secret[hash.saltCount + index] }
    return hash
  }
}
