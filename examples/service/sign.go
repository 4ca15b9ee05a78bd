package main

import "crypto/sha256"

// blockSize is that of SHA-256, in bytes.
const blockSize = sha256.BlockSize

// sign returns HMAC-SHA256 (RFC 2104) of what text holds behind its first block,
// which is overwritten. crypto/hmac works on interfaces, and allocates for them.
func sign(text []byte, key *[32]byte) [32]byte {
	pad(text[:blockSize], key, 0x36)
	inner := sha256.Sum256(text)
	var outer [blockSize + sha256.Size]byte
	pad(outer[:blockSize], key, 0x5c)
	copy(outer[blockSize:], inner[:])
	return sha256.Sum256(outer[:])
}

func pad(dst []byte, key *[32]byte, with byte) {
	for i := range dst {
		dst[i] = with
	}
	for i, b := range key {
		dst[i] ^= b
	}
}
