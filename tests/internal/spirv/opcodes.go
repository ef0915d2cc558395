package spirv

// Opcodes whose operands are read.
const (
	opName                = 5
	opMemberName          = 6
	opString              = 7
	opLine                = 8
	opExtInstImport       = 11
	opExtInst             = 12
	opEntryPoint          = 15
	opExecutionMode       = 16
	opTypeBool            = 20
	opTypeInt             = 21
	opTypeFloat           = 22
	opTypeVector          = 23
	opTypeMatrix          = 24
	opTypeArray           = 28
	opTypeRuntimeArray    = 29
	opTypeStruct          = 30
	opTypePointer         = 32
	opConstant            = 43
	opConstantComposite   = 44
	opSpecConstantTrue    = 48
	opSpecConstantFalse   = 49
	opSpecConstant        = 50
	opSpecConstantCompose = 51
	opVariable            = 59
	opDecorate            = 71
	opMemberDecorate      = 72
	opExecutionModeID     = 331
)

// leastOperands guards the reader against truncated instructions.
var leastOperands = map[uint32]int{
	opName: 2, opMemberName: 3, opString: 2, opLine: 3, opExtInstImport: 2, opExtInst: 4,
	opEntryPoint: 3, opExecutionMode: 2, opExecutionModeID: 2,
	opTypeBool: 1, opTypeInt: 3, opTypeFloat: 2, opTypeVector: 3, opTypeMatrix: 3, opTypeArray: 3,
	opTypeRuntimeArray: 2, opTypeStruct: 1, opTypePointer: 3,
	opConstant: 3, opConstantComposite: 2, opSpecConstantTrue: 2, opSpecConstantFalse: 2,
	opSpecConstant: 3, opSpecConstantCompose: 2, opVariable: 3, opDecorate: 2, opMemberDecorate: 3,
}

// floatOpcodes are the core instructions that compute a float result from floats, beyond
// copying or converting it. Atomics and group operations name their type.
var floatOpcodes = map[uint32]string{
	127: "FNegate", 129: "FAdd", 131: "FSub", 133: "FMul", 136: "FDiv", 140: "FRem", 141: "FMod",
	142: "VectorTimesScalar", 143: "MatrixTimesScalar", 144: "VectorTimesMatrix",
	145: "MatrixTimesVector", 146: "MatrixTimesMatrix", 147: "OuterProduct", 148: "Dot",
	265: "GroupFAdd", 266: "GroupFMin", 269: "GroupFMax",
	350: "GroupNonUniformFAdd", 352: "GroupNonUniformFMul", 355: "GroupNonUniformFMin", 358: "GroupNonUniformFMax",
	5000: "GroupFAddNonUniformAMD", 5001: "GroupFMinNonUniformAMD", 5004: "GroupFMaxNonUniformAMD",
	5614: "AtomicFMinEXT", 5615: "AtomicFMaxEXT", 6035: "AtomicFAddEXT",
}

// glslInstructions are the numbers of GLSL.std.450.
var glslInstructions = map[uint32]string{
	1: "Round", 2: "RoundEven", 3: "Trunc", 4: "FAbs", 5: "SAbs", 6: "FSign", 7: "SSign", 8: "Floor",
	9: "Ceil", 10: "Fract", 11: "Radians", 12: "Degrees", 13: "Sin", 14: "Cos", 15: "Tan", 16: "Asin",
	17: "Acos", 18: "Atan", 19: "Sinh", 20: "Cosh", 21: "Tanh", 22: "Asinh", 23: "Acosh", 24: "Atanh",
	25: "Atan2", 26: "Pow", 27: "Exp", 28: "Log", 29: "Exp2", 30: "Log2", 31: "Sqrt", 32: "InverseSqrt",
	33: "Determinant", 34: "MatrixInverse", 35: "Modf", 36: "ModfStruct", 37: "FMin", 38: "UMin",
	39: "SMin", 40: "FMax", 41: "UMax", 42: "SMax", 43: "FClamp", 44: "UClamp", 45: "SClamp", 46: "FMix",
	48: "Step", 49: "SmoothStep", 50: "Fma", 51: "Frexp", 52: "FrexpStruct", 53: "Ldexp",
	54: "PackSnorm4x8", 55: "PackUnorm4x8", 56: "PackSnorm2x16", 57: "PackUnorm2x16", 58: "PackHalf2x16",
	59: "PackDouble2x32", 60: "UnpackSnorm2x16", 61: "UnpackUnorm2x16", 62: "UnpackHalf2x16",
	63: "UnpackSnorm4x8", 64: "UnpackUnorm4x8", 65: "UnpackDouble2x32", 66: "Length", 67: "Distance",
	68: "Cross", 69: "Normalize", 70: "FaceForward", 71: "Reflect", 72: "Refract", 73: "FindILsb",
	74: "FindSMsb", 75: "FindUMsb", 76: "InterpolateAtCentroid", 77: "InterpolateAtSample",
	78: "InterpolateAtOffset", 79: "NMin", 80: "NMax", 81: "NClamp",
}
