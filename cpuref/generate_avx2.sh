#!/bin/sh
# Makes the files for vectors of 8 neurons from those for vectors of 16.
set -eu
for name in vector sparse; do
	{
		echo "// Code generated from ${name}_avx512.go by generate_avx2.sh; DO NOT EDIT."
		echo
		sed -e '/^\/\/go:generate/,+1d' \
			-e 's/AVX512/AVX2/g' -e 's/32x16/32x8/g' -e 's/64x8/64x4/g' -e 's/vector_avx512\.go/vector_avx2.go/' \
			-e 's/vectors of 16 neurons/vectors of 8 neurons/' \
			-e 's/ The AVX2 version is generated from this file\.//' "${name}_avx512.go"
	} >"${name}_avx2.go"
	gofmt -w "${name}_avx2.go"
done
