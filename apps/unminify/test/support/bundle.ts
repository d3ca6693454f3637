/** A minified bundle of any size, in which one letter stands for many things. */

/** Text with 25 bindings for each of `modules`. */
export function bundle(modules: number): string {
  const module = (index: number): string =>
    `function f${index}(e,t){var n=e.size,r=[],o=t||{};for(var i=0;i<n;i++)r.push((function(a,c){var s=a.shape;return s+c})(e[i],o.step));` +
    `class u{constructor(e){this.rank=e}m(e,{k:t,v:n}){try{return e+t+n}catch(l){return l}}}` +
    `const d=(p,g)=>{let y=p*g;return y+${index}};return{r,u:new u(n),d:d(n,2)}}`;
  return `(function(){${Array.from({ length: modules }, (_, index) => module(index)).join("")}return f0})()`;
}
