"""Mail providers for everybody: an address there says nothing about an employer."""

_DOMAINS = """
abv.bg aim.com alice.it aol.com arcor.de att.net bellsouth.net bigpond.com bk.ru bluewin.ch
bol.com.br btinternet.com charter.net chello.nl comcast.net cox.net daum.net dir.bg earthlink.net
fastmail.com fastmail.fm foxmail.com free.fr freemail.hu freenet.de gmail.com gmx.at gmx.ch gmx.com
gmx.de gmx.fr gmx.net googlemail.com hanmail.net hetnet.nl home.nl hotmail.be hotmail.co.uk
hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hotmail.nl hushmail.com icloud.com ig.com.br
inbox.lv inbox.ru interia.pl juno.com kpnmail.nl laposte.net libero.it list.ru live.be live.co.uk
live.com live.de live.fr live.it live.nl mac.com mail.bg mail.com mail.de mail.ru me.com msn.com
naver.com neuf.fr ntlworld.com o2.pl online.de onet.pl optonline.net orange.fr otenet.gr outlook.be
outlook.com outlook.de outlook.es outlook.fr outlook.it planet.nl posteo.de poczta.onet.pl
proton.me protonmail.com protonmail.ch qq.com rambler.ru rediffmail.com rocketmail.com rogers.com
sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com skynet.be sky.com sohu.com sympatico.ca
t-online.de talktalk.net telenet.be telia.com terra.com.br tiscali.co.uk tiscali.it tutanota.com
uol.com.br ukr.net verizon.net virgilio.it virginmedia.com vodafone.it wanadoo.fr web.de wp.pl
xs4all.nl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es
yahoo.fr yahoo.gr yahoo.it yandex.com yandex.ru ymail.com zeelandnet.nl ziggo.nl zoho.com 126.com
163.com
"""
MAIL_PROVIDERS: frozenset[str] = frozenset(_DOMAINS.split())
