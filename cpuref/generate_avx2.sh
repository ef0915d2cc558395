#!/bin/sh
# Makes *_avx2.go, for vectors of 8 neurons, from *_avx512.go.
set -eu
for loops in vector varied products sums update; do
	{
		echo "// Code generated from ${loops}_avx512.go by generate_avx2.sh; DO NOT EDIT."
		echo
		sed -e '/^\/\/go:generate/,+1d' \
			-e 's/AVX512/AVX2/g' -e 's/32x16/32x8/g' -e 's/64x8/64x4/g' \
			-e 's/vectors of 16 neurons/vectors of 8 neurons/' \
			-e 's/ The AVX2 version is generated from this file\.//' ${loops}_avx512.go
	} >${loops}_avx2.go
	gofmt -w ${loops}_avx2.go
done
