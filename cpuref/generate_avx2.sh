#!/bin/sh
# Makes vector_avx2.go, for vectors of 8 neurons, from vector_avx512.go.
set -eu
{
	echo "// Code generated from vector_avx512.go by generate_avx2.sh; DO NOT EDIT."
	echo
	sed -e '/^\/\/go:generate/,+1d' \
		-e 's/AVX512/AVX2/g' -e 's/32x16/32x8/g' -e 's/64x8/64x4/g' \
		-e 's/vectors of 16 neurons/vectors of 8 neurons/' \
		-e 's/ The AVX2 version is generated from this file\.//' vector_avx512.go
} >vector_avx2.go
gofmt -w vector_avx2.go
