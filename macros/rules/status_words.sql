{#- The words known for each status, without capitals, blanks, hyphens and underscores; the everyday ones first. They
    are the documented words of Stripe, Chargebee and Recurly and their plain equivalents in English and German. A
    customer who is late, in dunning or about to leave is still served. Not served: Suspended for non-payment, Paused at
    the customer's request, Pending before the service begins. Unpaid is Stripe's word for a subscription whose dunning
    has ended; canceled is taken literally, although Recurly serves such a subscription to the end of its term. -#}
{%- macro status_words() -%}
    {{ return({
        'Active': [
            'active', 'pastdue', 'nonrenewing', 'live', 'enabled', 'activated', 'open', 'current', 'running',
            'ongoing', 'inservice', 'inforce', 'ingoodstanding', 'goodstanding', 'overdue', 'delinquent',
            'indunning', 'dunning', 'ingrace', 'graceperiod', 'pendingcancel', 'pendingcancellation',
            'cancelatperiodend', 'connected', 'energized', 'energised', 'aktiv', 'aktive', 'aktiver', 'aktiviert',
            'laufend', 'überfällig', 'ueberfaellig', 'inmahnung', 'freigeschaltet', 'inbetrieb', 'angeschlossen',
        ],
        'Cancelled': [
            'cancelled', 'canceled', 'expired', 'incompleteexpired', 'terminated', 'ended', 'failed', 'transferred',
            'completed', 'churned', 'lapsed', 'discontinued', 'ceased', 'revoked', 'superseded', 'switched',
            'deleted', 'gekündigt', 'gekuendigt', 'storniert', 'beendet', 'abgelaufen', 'ausgelaufen', 'gelöscht',
            'geloescht',
        ],
        'Suspended': [
            'suspended', 'unpaid', 'onhold', 'blocked', 'locked', 'frozen', 'barred', 'halted', 'gesperrt',
            'ausgesetzt', 'suspendiert', 'eingefroren',
        ],
        'Trial': [
            'trial', 'trialing', 'trialling', 'intrial', 'ontrial', 'freetrial', 'trialperiod', 'testphase',
            'intestphase', 'probezeit', 'probeabo', 'probemonat',
        ],
        'Closed': [
            'closed', 'inactive', 'disabled', 'deactivated', 'archived', 'finaled', 'finalled', 'movedout',
            'writtenoff', 'inaktiv', 'deaktiviert', 'geschlossen', 'aufgelöst', 'aufgeloest', 'stillgelegt',
            'abgemeldet', 'archiviert', 'ausgezogen',
        ],
        'Paused': ['paused', 'onpause', 'pausiert', 'ruhend', 'ruht'],
        'Pending': [
            'pending', 'future', 'incomplete', 'notstarted', 'notyetstarted', 'scheduled', 'planned', 'upcoming',
            'draft', 'pendingactivation', 'pendingacceptance', 'provisioning', 'geplant', 'zukünftig',
            'zukuenftig', 'künftig', 'kuenftig', 'beantragt', 'entwurf',
        ],
        'Disconnected': [
            'disconnected', 'cutoff', 'deenergized', 'deenergised', 'getrennt', 'abgeschaltet', 'abgeklemmt',
        ],
        'Replaced': [
            'replaced', 'exchanged', 'removed', 'retired', 'ersetzt', 'ausgetauscht', 'getauscht', 'ausgebaut',
        ],
    }) }}
{%- endmacro -%}
