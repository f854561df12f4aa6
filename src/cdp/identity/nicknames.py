"""Short and foreign forms of given names that the library of English nicknames does not know."""

from typing import Final

_SHORT_FORMS: Final = """
aleksandr: alexander sasha sascha alex alejandro alessandro aleksander alexandre oleksandr iskander
aleksandra: alexandra sasha sascha alejandra alessandra oleksandra
aleksey: alexey alexei alyosha aleksei
anastasiya: anastasia nastya nastia
andrey: andreas andrew andrei andrea andres andre andriy
anna: anya anja hanna annika ania hannah ana
antonio: toni tonio anton antoine
bernhard: bernd bernardo bernard
carlos: karl carl charles karol
concepcion: concha conchita
dmitriy: dmitri dmitry dima mitya dmytro
dolores: lola
eduardo: edi eduard edouard
elisabeth: elizabeth elisabetta lisa liesel elsbeth isabel isabella elisaveta yelizaveta liza
evgeniy: evgeny yevgeny zhenya eugen eugene yevgeniy
francisco: paco pancho franz francois franco francesco franciszek ferenc
friedrich: fritz frederick federico frederic
georg: george jorge giorgio georges jerzy georgiy yuriy yuri juri schorsch jurgen
giovanni: john johannes juan jean joao jan ivan ioannis giannis hans vanya jovan ian sean johann
guillermo: wilhelm william guillaume willi memo
guadalupe: lupe
ignacio: nacho
irina: ira irene irena
jaime: jacob jakob james giacomo jakub yakov jacques santiago diego tiago
jesus: chucho chuy
jose: josef joseph giuseppe pepe josep jozef yosef yusuf youssef sepp jupp
katharina: catherine katherine ekaterina yekaterina katya katja caterina catalina kathrin katrin
konstantin: kostya constantin costas kostas
krzysztof: christopher christoph cristobal christophe cristoforo krystof christos
lorenzo: lawrence laurent lorenz laurentius
ludwig: louis luis luigi lutz
manuel: manolo emanuel emmanuel
margarita: margaret margarete marguerite margherita greta rita gretel malgorzata
maria: mary marie mariya masha mascha mia maja maryam mariam miriam
matthias: matthew mateo matteo mathieu matias mateusz
mikhail: michael miguel michel michele misha mischa michal mihail mykhailo michail
mohammed: muhammad mohamed mohammad muhammed mehmet mohamad
natalya: natalia natasha natascha nataliya nathalie
nikolay: nicholas nikolaus nicolas niccolo klaus claus kolya nikolai mykola nikolaos nikos
olga: olya helga
pavel: paul pablo paolo pavlo pasha pawel
petr: peter pedro pietro pierre petya piotr pyotr petros
rafael: raphael raffaele rafa
roberto: robert beto
rosario: charo
sergey: sergei serge sergio serhiy seryozha
sofiya: sophia sofia sophie sonya sonja
stepan: stefan stephan steven stephen esteban etienne stefano stepha istvan
svetlana: sveta
tatyana: tatiana tanya tanja
teresa: therese theresa tereza resi
tomas: thomas tommaso tomasz toma
vasiliy: vasily vasya basil basilio vasilis
viktor: victor vitya vittorio
vladimir: volodya vova volodymyr wladimir vlad
yekaterina: katya
yelena: elena helen helena helene lena olena eleni lenka elene
yevgeniya: evgenia evgeniya eugenia zhenya
yuliya: julia yulia giulia iulia julie
ibrahim: abraham avraham ebrahim
dawud: david davide daoud dawid
yaqub: jacob yakub
yusuf: joseph yousef josef
suleyman: solomon suleiman salomon
hakob: jacob hagop
"""


def _table() -> dict[str, tuple[str, ...]]:
    forms: dict[str, set[str]] = {}
    for line in _SHORT_FORMS.strip().splitlines():
        root, _, others = line.partition(":")
        for name in others.split():
            forms.setdefault(name, set()).add(root)
    return {name: tuple(sorted(roots)) for name, roots in forms.items()}


SHORT_FORMS: Final = _table()
"""Name: the roots it is a form of; two names may be of one person when their roots meet."""
