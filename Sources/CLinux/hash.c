// SHA-512 (FIPS 180-4), and on it the two ways in which Mosquitto hashes passwords.
//
// Boards without TLS carry no library for this, and of mbedTLS's only the compression function would
// be of use, which version 3 hides: PBKDF2 goes on from the two states that the key alone makes, so
// that an iteration is two blocks. One password is hashed at a time, in slices.
#include "system.h"
#include <string.h>

enum { BLOCK = 128, DIGEST = 64 };

struct sha512 {
  uint64_t state[8];
  uint64_t length;
  uint8_t block[BLOCK];
};

static const uint64_t BEGINNING[8] = {
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint64_t CONSTANTS[80] = {
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
  0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
  0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
  0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
  0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
  0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
  0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
  0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
  0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
  0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
  0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
  0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
  0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
  0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
  0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
  0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
  0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
  0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
  0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static uint64_t rotated(uint64_t word, int by) { return word >> by | word << (64 - by); }

static uint64_t word_at(const uint8_t *bytes) {
  uint64_t word = 0;
  for (int index = 0; index < 8; index++) word = word << 8 | bytes[index];
  return word;
}

static void put_word(uint8_t *bytes, uint64_t word) {
  for (int index = 7; index >= 0; index--, word >>= 8) bytes[index] = (uint8_t)word;
}

// The words of the schedule are made as they are needed, in a ring of sixteen.
static uint64_t scheduled(uint64_t words[16], int round) {
  if (round < 16) return words[round];
  uint64_t near = words[(round - 2) & 15], far = words[(round - 15) & 15];
  uint64_t mixed_near = rotated(near, 19) ^ rotated(near, 61) ^ near >> 6;
  uint64_t mixed_far = rotated(far, 1) ^ rotated(far, 8) ^ far >> 7;
  return words[round & 15] += mixed_near + words[(round - 7) & 15] + mixed_far;
}

static void compress(uint64_t state[8], uint64_t words[16]) {
  uint64_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint64_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int round = 0; round < 80; round++) {
    uint64_t choice = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
    uint64_t first = h + (rotated(e, 14) ^ rotated(e, 18) ^ rotated(e, 41)) + choice +
      CONSTANTS[round] + scheduled(words, round);
    uint64_t second = (rotated(a, 28) ^ rotated(a, 34) ^ rotated(a, 39)) + majority;
    h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void compress_block(struct sha512 *of) {
  uint64_t words[16];
  for (int index = 0; index < 16; index++) words[index] = word_at(of->block + 8 * index);
  compress(of->state, words);
}

static void begin(struct sha512 *of) {
  memcpy(of->state, BEGINNING, sizeof BEGINNING);
  of->length = 0;
}

static void add(struct sha512 *to, const uint8_t *bytes, uint64_t count) {
  for (uint64_t index = 0; index < count; index++) {
    to->block[to->length++ % BLOCK] = bytes[index];
    if (to->length % BLOCK == 0) compress_block(to);
  }
}

static void finish(struct sha512 *of, uint64_t digest[8]) {
  // The length in bits takes sixteen bytes, of which the first eight are always zero here.
  uint8_t length[16] = {0};
  put_word(length + 8, of->length * 8);
  static const uint8_t one = 0x80, zero = 0;
  add(of, &one, 1);
  while (of->length % BLOCK != BLOCK - sizeof length) add(of, &zero, 1);
  add(of, length, sizeof length);
  memcpy(digest, of->state, DIGEST);
}

// MARK: A password

static struct {
  // What HMAC's inner and outer hash are after the block that the key makes.
  uint64_t inner[8], outer[8];
  uint64_t last[8], sum[8];
  uint32_t remaining;
} password_hash;

// One half of HMAC over 64 bytes, from the state that its first block has left.
static void hash_half(const uint64_t beginning[8], uint64_t words[16], uint64_t result[8]) {
  words[8] = (uint64_t)1 << 63;
  memset(words + 9, 0, 6 * sizeof *words);
  words[15] = (BLOCK + DIGEST) * 8;
  memcpy(result, beginning, DIGEST);
  compress(result, words);
}

static void iterate(void) {
  uint64_t words[16];
  memcpy(words, password_hash.last, DIGEST);
  hash_half(password_hash.inner, words, password_hash.last);
  memcpy(words, password_hash.last, DIGEST);
  hash_half(password_hash.outer, words, password_hash.last);
}

static void key_block(uint8_t block[BLOCK], const uint8_t *password, uint64_t count) {
  memset(block, 0, BLOCK);
  if (count <= BLOCK) {
    if (count) memcpy(block, password, (size_t)count);
    return;
  }
  struct sha512 hash;
  uint64_t digest[8];
  begin(&hash);
  add(&hash, password, count);
  finish(&hash, digest);
  for (int index = 0; index < 8; index++) put_word(block + 8 * index, digest[index]);
}

static void keyed(struct sha512 *of, const uint8_t key[BLOCK], uint8_t pad) {
  begin(of);
  for (int index = 0; index < BLOCK; index++) {
    uint8_t byte = key[index] ^ pad;
    add(of, &byte, 1);
  }
}

// The first iteration: HMAC of the salt and the number of the only block of output.
static void begin_pbkdf2(
  const uint8_t *password, uint64_t count, const uint8_t *salt, uint32_t salt_count) {
  static const uint8_t first_block[4] = {0, 0, 0, 1};
  uint8_t key[BLOCK];
  struct sha512 hash;
  key_block(key, password, count);
  keyed(&hash, key, 0x5c);
  memcpy(password_hash.outer, hash.state, DIGEST);
  keyed(&hash, key, 0x36);
  memcpy(password_hash.inner, hash.state, DIGEST);
  add(&hash, salt, salt_count);
  add(&hash, first_block, sizeof first_block);
  uint64_t words[16];
  finish(&hash, words);
  hash_half(password_hash.outer, words, password_hash.last);
  memcpy(password_hash.sum, password_hash.last, DIGEST);
  memset(key, 0, sizeof key);
  memset(&hash, 0, sizeof hash);
  __asm__ volatile("" : : "r"(key), "r"(&hash) : "memory");  // so that they are erased indeed
}

void linux_hash_begin(
  const uint8_t *password, uint64_t count, const uint8_t *salt, uint32_t salt_count,
  uint32_t iterations) {
  if (iterations > 0) {
    begin_pbkdf2(password, count, salt, salt_count);
    password_hash.remaining = iterations - 1;
    return;
  }
  struct sha512 hash;
  begin(&hash);
  add(&hash, password, count);
  add(&hash, salt, salt_count);
  finish(&hash, password_hash.sum);
  password_hash.remaining = 0;
  memset(&hash, 0, sizeof hash);
  __asm__ volatile("" : : "r"(&hash) : "memory");
}

uint32_t linux_hash_continue(uint32_t iterations) {
  uint32_t count = password_hash.remaining < iterations ? password_hash.remaining : iterations;
  password_hash.remaining -= count;
  while (count-- > 0) {
    iterate();
    for (int index = 0; index < 8; index++) password_hash.sum[index] ^= password_hash.last[index];
  }
  return password_hash.remaining;
}

void linux_hash_finish(uint8_t *digest) {
  for (int index = 0; index < 8; index++) put_word(digest + 8 * index, password_hash.sum[index]);
  memset(&password_hash, 0, sizeof password_hash);
}
