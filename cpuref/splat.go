//go:build goexperiment.simd && amd64

package cpuref

import "math"

// splats holds the constants of the vector loops once per lane: a vector can be loaded from memory
// while the units that would broadcast a scalar are computing.
var splats = struct {
	one, half, negativeHalf, oneAndHalf splat
	magnitude                           splat // every bit but the sign
	upper, lower                        splat // limits of exponents
	log2e, ln2High, ln2Low              splat
	exp                                 [6]splat // of the polynomial, highest power first
	exponentBias                        splat    // integers from here on
	reciprocalSeed, rootSeed            splat
	eight, single                       splat
	unit                                splat // 2⁻²⁴
	tinyState, tinyWeight               splat
	tinyGradient, tinySquare            splat
	largestAdam, largestSMORMS3         splat
	largest                             splat // finite number
}{
	one: spread(1), half: spread(0.5), negativeHalf: spread(-0.5), oneAndHalf: spread(1.5),
	magnitude: spreadBits(0x7fffffff),
	upper:     spread(exponentLimit), lower: spread(-exponentLimit),
	log2e: spread(1.44269504088896341), ln2High: spread(0.693359375), ln2Low: spread(-2.12194440e-4),
	exp: [6]splat{
		spread(1.9875691500e-4), spread(1.3981999507e-3), spread(8.3334519073e-3),
		spread(4.1665795894e-2), spread(1.6666665459e-1), spread(5.0000001201e-1),
	},
	exponentBias: spreadBits(127), reciprocalSeed: spreadBits(0x7ef311c7), rootSeed: spreadBits(0x5f3759df),
	eight: spreadBits(8), single: spreadBits(1), unit: spread(0x1p-24),
	tinyState: spread(tinyState), tinyWeight: spread(tinyWeight),
	tinyGradient: spread(tinyGradient), tinySquare: spread(tinySquare),
	largestAdam: spread(largestAdam), largestSMORMS3: spread(largestSMORMS3),
	largest: spread(math.MaxFloat32),
}

// splat is one number in every lane of the widest vector.
type splat [lanesAVX512]float32

func spread(x float32) splat { return spreadBits(math.Float32bits(x)) }

func spreadBits(bits uint32) (s splat) {
	for i := range s {
		s[i] = math.Float32frombits(bits)
	}
	return s
}
