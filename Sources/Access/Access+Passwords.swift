import Memory

// Password files: who may connect.
extension Access {
  /// Reads a password file into the spare set: each line a name, a colon and a hash.
  ///
  /// Of two lines for one user the first counts, as in Mosquitto; `duplicateLine` tells.
  package mutating func readPasswords(
    _ text: Span<UInt8>, security: Int
  ) throws(AccessError) {
    duplicateLine = 0
    let first = UInt32(spare.users)
    update(security) {
      $0.hasPasswords = true
      $0.firstUser = first
    }
    var lines = FileLines(text)
    while let line = lines.next() {
      do throws(AccessError.Reason) { try addUser(line, security, line: lines.number) } catch {
        throw AccessError(line: lines.number, error)
      }
    }
    let count = UInt32(spare.users) - first
    update(security) { $0.userCount = count }
  }

  private mutating func addUser(
    _ line: Span<UInt8>, _ security: Int, line number: Int
  ) throws(AccessError.Reason) {
    let colon = line.firstIndex(of: UInt8(ascii: ":"))
    guard colon < line.count else { throw .noColon }
    let name = line.extracting(0..<colon).trimmed
    try checkName(name)
    let hash = try PasswordHash(parsing: line.extracting(colon + 1..<line.count).trimmed)
    guard
      find(
        name, from: firstSpareUser + Int(spareSecurity(security).firstUser),
        firstSpareUser + spare.users) == nil
    else {
      duplicateLine = number
      return
    }
    let place = try claimUser()
    users[place] = User(
      nameHash: self.hash(name), name: try keep(name), security: UInt8(security),
      scheme: hash.scheme, iterations: hash.iterations, secret: try keep(hash))
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
