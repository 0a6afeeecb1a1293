package media_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"ringflow/media/sdp"
)

// srtpOracle makes and reads the packets of one direction, from the texts of RFC 3711,
// RFC 6188 and RFC 7714 and the standard library alone.
type srtpOracle struct {
	block     cipher.Block
	gcm       cipher.AEAD // nil: counter mode and HMAC
	salt      []byte
	auth      []byte
	tagLength int
	mki       string

	roc     uint32 // of the next packet
	highest uint16
	started bool
}

func newSRTPOracle(suite sdp.Suite, key sdp.MasterKey, mki string) *srtpOracle {
	master, salt := key.Split(suite)
	o := newSessionOracle(suite,
		deriveSRTP(master, salt, 0, len(master)), deriveSRTP(master, salt, 2, len(salt)), deriveSRTP(master, salt, 1, 20))
	o.mki = mki
	return o
}

func newSessionOracle(suite sdp.Suite, key, salt, auth []byte) *srtpOracle {
	o := &srtpOracle{salt: salt, auth: auth, tagLength: 10}
	o.block, _ = aes.NewCipher(key)
	switch suite {
	case sdp.AESCM128HMAC32:
		o.tagLength = 4
	case sdp.AESGCM128, sdp.AESGCM256:
		o.gcm, _ = cipher.NewGCM(o.block)
		o.tagLength = o.gcm.Overhead()
	}
	return o
}

// deriveSRTP is the key derivation of RFC 3711 §4.3 with a rate of 0.
func deriveSRTP(master, salt []byte, label byte, length int) []byte {
	var iv [16]byte
	copy(iv[:], salt)
	iv[7] ^= label
	block, _ := aes.NewCipher(master)
	out := make([]byte, length)
	cipher.NewCTR(block, iv[:]).XORKeyStream(out, out)
	return out
}

func (o *srtpOracle) counter(ssrc, roc uint32, seq uint16) []byte {
	if o.gcm != nil { // RFC 7714 §8.1
		iv := make([]byte, 12)
		binary.BigEndian.PutUint32(iv[2:], ssrc)
		binary.BigEndian.PutUint32(iv[6:], roc)
		binary.BigEndian.PutUint16(iv[10:], seq)
		for i := range iv {
			iv[i] ^= o.salt[i]
		}
		return iv
	}
	iv := make([]byte, 16) // RFC 3711 §4.1.1
	copy(iv, o.salt)
	var index [12]byte
	binary.BigEndian.PutUint32(index[0:], ssrc)
	binary.BigEndian.PutUint32(index[4:], roc)
	binary.BigEndian.PutUint16(index[8:], seq)
	for i, v := range index[:10] {
		iv[4+i] ^= v
	}
	return iv
}

func (o *srtpOracle) tag(b []byte, roc uint32) []byte {
	mac := hmac.New(sha1.New, o.auth)
	mac.Write(b)
	mac.Write(binary.BigEndian.AppendUint32(nil, roc))
	return mac.Sum(nil)[:o.tagLength]
}

// protect encrypts a packet whose header has so many bytes.
func (o *srtpOracle) protect(packet []byte, header int, roc uint32) []byte {
	seq, ssrc := binary.BigEndian.Uint16(packet[2:]), binary.BigEndian.Uint32(packet[8:])
	iv := o.counter(ssrc, roc, seq)
	out := bytes.Clone(packet[:header])
	if o.gcm != nil {
		return append(o.gcm.Seal(out, iv, packet[header:], packet[:header]), o.mki...)
	}
	out = append(out, packet[header:]...)
	cipher.NewCTR(o.block, iv).XORKeyStream(out[header:], out[header:])
	tag := o.tag(out, roc)
	return append(append(out, o.mki...), tag...)
}

// open authenticates and decrypts a packet whose header has twelve bytes.
func (o *srtpOracle) open(packet []byte, roc uint32) ([]byte, error) {
	const header = 12
	if len(packet) < header+o.tagLength+len(o.mki) {
		return nil, errors.New("too short for SRTP")
	}
	iv := o.counter(binary.BigEndian.Uint32(packet[8:]), roc, binary.BigEndian.Uint16(packet[2:]))
	if o.gcm != nil {
		return o.gcm.Open(bytes.Clone(packet[:header]), iv, packet[header:len(packet)-len(o.mki)], packet[:header])
	}
	body, tag := bytes.Clone(packet[:len(packet)-o.tagLength]), packet[len(packet)-o.tagLength:]
	body = body[:len(body)-len(o.mki)]
	if !hmac.Equal(o.tag(body, roc), tag) {
		return nil, errors.New("authentication failed")
	}
	cipher.NewCTR(o.block, iv).XORKeyStream(body[header:], body[header:])
	return body, nil
}

// count counts the numbers of a stream, which only rise, and returns its rollover counter.
func (o *srtpOracle) count(seq uint16) uint32 {
	if o.started && seq < o.highest && o.highest-seq > 1<<15 {
		o.roc++
	}
	o.started, o.highest = true, seq
	return o.roc
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSRTPOracle holds the oracle of the other tests to the vectors of the RFCs.
func TestSRTPOracle(t *testing.T) {
	check := func(what string, got []byte, want string) {
		t.Helper()
		if !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%s is % x, want %s", what, got, want)
		}
	}
	// RFC 3711 §B.3.
	key, salt := unhex(t, "E1F97A0D3E018BE0D64FA32C06DE4139"), unhex(t, "0EC675AD498AFEEBB6960B3AABE6")
	check("RFC 3711 cipher key", deriveSRTP(key, salt, 0, 16), "C61E7A93744F39EE10734AFE3FF7A087")
	check("RFC 3711 cipher salt", deriveSRTP(key, salt, 2, 14), "30CBBC08863D8C85D49DB34A9AE1")
	check("RFC 3711 auth key", deriveSRTP(key, salt, 1, 20), "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")
	// RFC 6188 §7.2.
	key, salt = unhex(t, "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"), unhex(t, "3b04803de51ee7c96423ab5b78d2")
	check("RFC 6188 cipher key", deriveSRTP(key, salt, 0, 32), "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4")
	check("RFC 6188 cipher salt", deriveSRTP(key, salt, 2, 14), "fa31791685ca444a9e07c6c64e93")
	check("RFC 6188 auth key", deriveSRTP(key, salt, 1, 20), "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05")
	// RFC 3711 §B.2 and RFC 6188 §7.1: the keystream of number 0 of SSRC 0.
	packet := make([]byte, 12+32)
	packet[0] = 0x80
	cm := newSessionOracle(sdp.AESCM128HMAC80, unhex(t, "2B7E151628AED2A6ABF7158809CF4F3C"), unhex(t, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD"), make([]byte, 20))
	check("RFC 3711 keystream", cm.protect(packet, 12, 0)[12:44], "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB")
	cm = newSessionOracle(sdp.AESCM256HMAC80, unhex(t, "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98"), unhex(t, "f0f1f2f3f4f5f6f7f8f9fafbfcfd"), make([]byte, 20))
	check("RFC 6188 keystream", cm.protect(packet, 12, 0)[12:44], "92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac")
	// RFC 7714 §16.1.1 and §16.2.1.
	packet = unhex(t, "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573")
	salt = unhex(t, "517569642070726f2071756f")
	gcm := newSessionOracle(sdp.AESGCM128, unhex(t, "000102030405060708090a0b0c0d0e0f"), salt, nil)
	check("RFC 7714 packet of AES-128", gcm.protect(packet, 12, 0),
		"8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce")
	gcm = newSessionOracle(sdp.AESGCM256, unhex(t, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), salt, nil)
	check("RFC 7714 packet of AES-256", gcm.protect(packet, 12, 0),
		"8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13")
}
