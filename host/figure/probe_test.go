package figure
import ("testing";"gonum.org/v1/plot/font/liberation";"golang.org/x/image/font/sfnt")
func TestProbe(t *testing.T){
 for _,f:=range liberation.Collection(){ if f.Font.Variant!="Sans"{continue}
  var b sfnt.Buffer
  for _,r:=range "⁰¹²³⁴⁵⁶⁷⁸⁹⁻−·±×…–²σ₀⟨Δ→≤∂∇" { g,err:=f.Face.GlyphIndex(&b,r); if g==0||err!=nil{t.Logf("%v %c missing",f.Font.Weight,r)} } 
  t.Log(f.Font, f.Font.Weight)
 }
}
