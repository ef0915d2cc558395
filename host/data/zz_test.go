package data
import ("testing";"os";"time")
func TestZZ(t *testing.T){ p:=os.Getenv("ZZ"); if p==""{t.Skip()}; o:=defaults(t,"shd:x"); s:=time.Now(); src,notes,err:=loadEvents(p,&o); t.Log(time.Since(s),notes,err); if src!=nil {t.Log(src.Len(),len(src.channels))}
 b,_:=os.ReadFile("/proc/self/status"); t.Log(string(b)) }
